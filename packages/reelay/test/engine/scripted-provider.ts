import {
  OutputGone,
  ProbeUnavailable,
  SubmitUnknown,
  type OpenedOutput,
  type Provider,
  type StartRequest,
  type Traits,
} from '../../src/providers/provider.ts'
import type { Operation, Output, StartOutcome, Verdict } from '../../src/task/verdict.ts'

/** One answer of the script: a value, or what is thrown. */
export type Scripted<T> = T | Error

const TRAITS: Traits = {
  timing: {
    firstPollMs: 1_000,
    intervalMs: 1_000,
    intervalMaxMs: 10_000,
    missingGraceMs: 60_000,
    deadlineMs: 3_600_000,
  },
  pacing: { perSecond: 1_000, burst: 1_000, inFlightMax: 100 },
  cancel: 'supported',
  inputs: 'upload',
  providerOptions: [],
  openCatalog: true,
}

/** A provider that does what the test says; the last answer of a script repeats. Counts what it was asked. */
export class ScriptedProvider implements Provider {
  traits: Traits = TRAITS
  starts: StartRequest[] = []
  probes = 0
  opens = 0
  cancels = 0
  startScript: Scripted<StartOutcome>[] = []
  probeScript: Scripted<Verdict>[] = []
  openScript: Scripted<Uint8Array>[] = []
  cancelScript: Scripted<'cancelled' | 'refused'>[] = ['cancelled']
  findScript: Scripted<Operation | 'absent' | 'unsure'>[] = []
  cancel?: NonNullable<Provider['cancel']> = async () => {
    this.cancels += 1
    return take(this.cancelScript, this.cancels)
  }
  find?: NonNullable<Provider['find']>

  models(): readonly [] {
    return []
  }

  async start(request: StartRequest): Promise<StartOutcome> {
    this.starts.push(request)
    if (this.startScript.length > 0) return take(this.startScript, this.starts.length)
    return { kind: 'accepted', operation: { providerTaskId: `job-${request.clientToken}` } }
  }

  async probe(): Promise<Verdict> {
    this.probes += 1
    return take(this.probeScript, this.probes)
  }

  async open(_output: Output): Promise<OpenedOutput> {
    this.opens += 1
    const bytes = take(this.openScript, this.opens)
    return {
      bytes: bytes.byteLength,
      close: () => {},
      body: (async function* () {
        yield bytes
      })(),
    }
  }
}

function take<T>(script: readonly Scripted<T>[], call: number): T {
  const answer = script[Math.min(call, script.length) - 1]
  if (answer === undefined) throw new ProbeUnavailable('the script is empty')
  if (answer instanceof Error) throw answer
  return answer
}

export const lostAnswer = (): SubmitUnknown => new SubmitUnknown('connection reset')
export const deadLink = (): OutputGone => new OutputGone('403')
export const unavailable = (pauseAccountMs?: number): ProbeUnavailable =>
  new ProbeUnavailable('503', { pauseAccountMs })
export const done: Verdict = { kind: 'done', outputs: [{ role: 'video', ref: 'x' }] }
