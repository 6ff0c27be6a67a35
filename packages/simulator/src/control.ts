import { z } from 'zod'
import { parseCallbackFaults } from './callback-faults.ts'
import type { CallbackRecord } from './callback-record.ts'
import { FAULT_POINTS, type FaultPoint } from './fault.ts'
import type { FaultOrder } from './fault-orders.ts'
import { GATE_POINTS, type GatePoint, type Hold } from './gates.ts'
import { PHASES, type Phase } from './phase.ts'
import type { RequestRecord } from './request-record.ts'

/** What one callback is sent as. */
export interface CallbackOrder {
  /** The phase that it tells of; default: the task's own. */
  readonly phase?: Phase | undefined
  /** As in the marker: `forged`, `old,duplicated*3`. Those about when and whether it is sent have no effect here. */
  readonly faults?: string | undefined
}

/** What a test can do to a running simulator. */
export interface Controls {
  /** Everything that was asked so far. */
  readonly requests: readonly RequestRecord[]
  /** Every try to call back so far. */
  readonly callbacks: readonly CallbackRecord[]
  /** Requests for files on the other origin that came with a credential. There should be none. */
  readonly leaks: readonly RequestRecord[]
  /** Orders a fault for the next requests at a point. Throws on an unknown fault name. */
  fault(order: FaultOrder): void
  /** Begins an outage or, with null, ends it. `refuse` closes the port; a fault strikes every request. */
  outage(kind: string | null): Promise<void>
  /** Stops every request that reaches the point until it is released. */
  hold(point: GatePoint): Hold
  release(point: GatePoint): void
  /** Gives a task a new script, from its start. Throws when the id is unknown. */
  rescript(id: string, markers: string): void
  /** From now on the id is unknown to the simulator. */
  forget(id: string): void
  /** Sends a callback for a task at once. Rejects when there is no such task, or it has nowhere to call. */
  callback(id: string, order?: CallbackOrder): Promise<CallbackRecord>
}

/** A control command, as the control route takes it. */
export type Command =
  | {
      do: 'fault'
      point: FaultPoint
      fault: string
      prompt?: string | undefined
      role?: 'keys' | undefined
    }
  | { do: 'outage'; kind: string | null }
  | { do: 'hold'; point: GatePoint }
  /** Answers once `count` requests have stopped at the point. */
  | { do: 'reached'; point: GatePoint; count?: number | undefined }
  | { do: 'release'; point: GatePoint }
  | { do: 'rescript'; id: string; markers: string }
  | { do: 'forget'; id: string }
  | ({ do: 'callback'; id: string } & CallbackOrder)
  | { do: 'requests' }
  | { do: 'callbacks' }
  | { do: 'leaks' }

const gatePoint = z.enum(GATE_POINTS)

const commandSchema: z.ZodType<Command> = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('fault'),
    point: z.enum(FAULT_POINTS),
    fault: z.string(),
    prompt: z.string().optional(),
    role: z.literal('keys').optional(),
  }),
  z.strictObject({ do: z.literal('outage'), kind: z.string().nullable() }),
  z.strictObject({ do: z.literal('hold'), point: gatePoint }),
  z.strictObject({ do: z.literal('reached'), point: gatePoint, count: z.int().min(1).optional() }),
  z.strictObject({ do: z.literal('release'), point: gatePoint }),
  z.strictObject({ do: z.literal('rescript'), id: z.string(), markers: z.string() }),
  z.strictObject({ do: z.literal('forget'), id: z.string() }),
  z.strictObject({
    do: z.literal('callback'),
    id: z.string(),
    phase: z.enum(PHASES).optional(),
    faults: z.string().optional(),
  }),
  z.strictObject({ do: z.literal('requests') }),
  z.strictObject({ do: z.literal('callbacks') }),
  z.strictObject({ do: z.literal('leaks') }),
])

/**
 * Carries out a command that came over HTTP and gives what to answer.
 * Throws on an unknown command, and on `refuse`, which would close the route itself.
 */
export async function runCommand(controls: Controls, body: string): Promise<unknown> {
  const command = commandSchema.parse(JSON.parse(body))
  switch (command.do) {
    case 'fault':
      return controls.fault(command)
    case 'outage':
      if (command.kind === 'refuse') {
        throw new Error(
          'A closed port cannot be opened over HTTP: kill the process and spawn it again instead.',
        )
      }
      return controls.outage(command.kind)
    case 'hold':
      controls.hold(command.point)
      return undefined
    case 'reached':
      return controls.hold(command.point).reached(command.count)
    case 'release':
      return controls.release(command.point)
    case 'rescript':
      return controls.rescript(command.id, command.markers)
    case 'forget':
      return controls.forget(command.id)
    case 'callback':
      return controls.callback(command.id, command)
    case 'requests':
      return controls.requests
    case 'callbacks':
      return controls.callbacks
    case 'leaks':
      return controls.leaks
  }
}

/** The faults of a callback that is ordered. Throws on a name that it does not know. */
export function faultsOf({ faults }: CallbackOrder): ReturnType<typeof parseCallbackFaults> {
  return faults === undefined || faults === '' ? new Map() : parseCallbackFaults(faults)
}
