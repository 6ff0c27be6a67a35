import { z } from 'zod'
import { FAULT_POINTS, type FaultPoint } from './fault.ts'
import type { FaultOrder } from './fault-orders.ts'
import { GATE_POINTS, type GatePoint, type Hold } from './gates.ts'
import type { RequestRecord } from './request-log.ts'

/** What a test can do to a running upstream. */
export interface Controls {
  /** Everything that was asked so far. */
  readonly requests: readonly RequestRecord[]
  /** Orders a fault for the next requests at a point. Throws on an unknown fault name. */
  fault(order: FaultOrder): void
  /** Begins an outage or, with null, ends it. `refuse` closes the port; a fault strikes every request. */
  outage(kind: string | null): Promise<void>
  /** Stops every request that reaches the point until it is released. */
  hold(point: GatePoint): Hold
  release(point: GatePoint): void
  /** Gives a task a new script, from its start. Throws when the id is unknown. */
  rescript(id: string, markers: string): void
  /** From now on the id is unknown to the upstream. */
  forget(id: string): void
}

/** A control command, as the control route takes it. */
export type Command =
  | { do: 'fault'; point: FaultPoint; fault: string; prompt?: string | undefined }
  | { do: 'outage'; kind: string | null }
  | { do: 'hold'; point: GatePoint }
  /** Answers once `count` requests have stopped at the point. */
  | { do: 'reached'; point: GatePoint; count?: number | undefined }
  | { do: 'release'; point: GatePoint }
  | { do: 'rescript'; id: string; markers: string }
  | { do: 'forget'; id: string }
  | { do: 'requests' }

const gatePoint = z.enum(GATE_POINTS)

const commandSchema: z.ZodType<Command> = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('fault'),
    point: z.enum(FAULT_POINTS),
    fault: z.string(),
    prompt: z.string().optional(),
  }),
  z.strictObject({ do: z.literal('outage'), kind: z.string().nullable() }),
  z.strictObject({ do: z.literal('hold'), point: gatePoint }),
  z.strictObject({ do: z.literal('reached'), point: gatePoint, count: z.int().min(1).optional() }),
  z.strictObject({ do: z.literal('release'), point: gatePoint }),
  z.strictObject({ do: z.literal('rescript'), id: z.string(), markers: z.string() }),
  z.strictObject({ do: z.literal('forget'), id: z.string() }),
  z.strictObject({ do: z.literal('requests') }),
])

/**
 * Carries out a command that came over HTTP and gives what to answer.
 * Throws on an unknown command, and on `refuse`, which would close the route itself.
 */
export async function runCommand(controls: Controls, body: string): Promise<unknown> {
  const command = commandSchema.parse(JSON.parse(body))
  let result: unknown
  switch (command.do) {
    case 'fault':
      controls.fault(command)
      break
    case 'outage':
      if (command.kind === 'refuse') {
        throw new Error(
          'A closed port cannot be opened over HTTP: kill the process and spawn it again instead.',
        )
      }
      await controls.outage(command.kind)
      break
    case 'hold':
      controls.hold(command.point)
      break
    case 'reached':
      await controls.hold(command.point).reached(command.count)
      break
    case 'release':
      controls.release(command.point)
      break
    case 'rescript':
      controls.rescript(command.id, command.markers)
      break
    case 'forget':
      controls.forget(command.id)
      break
    case 'requests':
      result = controls.requests
      break
  }
  return result
}
