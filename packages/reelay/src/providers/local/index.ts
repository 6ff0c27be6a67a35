import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { MediaHost } from '../../media/media-host.ts'
import type { ProviderModel } from '../../task/capabilities.ts'
import type { Operation, Output, StartOutcome, Verdict } from '../../task/verdict.ts'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import {
  OutputGone,
  type CredentialCheck,
  type OpenedOutput,
  type Provider,
  type StartRequest,
  type Traits,
} from '../provider.ts'
import { operationOfId } from '../operation-of-id.ts'
import { openJobs, type LocalJobs } from './jobs.ts'
import { LOCAL_MODELS } from './models.ts'
import { jobOf, picturesOf } from './request.ts'

const traits: Traits = {
  timing: {
    firstPollMs: 400,
    intervalMs: 400,
    intervalMaxMs: 1_000,
    missingGraceMs: 0,
    deadlineMs: 3_600_000,
  },
  // Renders run one after another: the limit bounds the queue upstream of the child, not the clients.
  pacing: { perSecond: 200, burst: 200, inFlightMax: 64 },
  cancel: 'supported',
  inputs: 'local',
  providerOptions: [],
  openCatalog: false,
}

export type LocalOptions = {
  /** Holds job descriptions and finished files until they are archived. */
  directory: string
  media: MediaHost
  clock: Clock
  log: Log
}

/**
 * The preview model that runs on this machine: free, without a key, and honest about what it is. A job is a file, so a
 * render that a crash ended starts again by itself, and a submit whose answer was lost can be found.
 */
export async function createLocal(options: LocalOptions): Promise<Provider> {
  const jobs = await openJobs(options)
  return new LocalProvider(options.media, jobs)
}

class LocalProvider implements Provider {
  readonly traits: Traits = traits
  readonly #media: MediaHost
  readonly #jobs: LocalJobs

  constructor(media: MediaHost, jobs: LocalJobs) {
    this.#media = media
    this.#jobs = jobs
  }

  models(): readonly ProviderModel[] {
    return LOCAL_MODELS
  }

  async start(request: StartRequest): Promise<StartOutcome> {
    const missing = await this.#media.unavailable()
    if (missing !== undefined) return { kind: 'rejected', code: 'rejected_by_provider', detail: missing }
    const pictures: Uint8Array[] = []
    for (const picture of picturesOf(request)) pictures.push(await picture.read())
    if (!request.mayStillSend())
      return { kind: 'not_sent', detail: 'the lease ran out before the job was written' }
    const id = `local-${request.clientToken}`
    await this.#jobs.add(id, jobOf(request), pictures)
    return { kind: 'accepted', operation: { providerTaskId: id } }
  }

  async probe(operation: Operation): Promise<Verdict> {
    return this.#jobs.look(operation.providerTaskId)
  }

  async open(output: Output): Promise<OpenedOutput> {
    const path = this.#jobs.outputPath(output.ref)
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    )
    if (size === undefined) throw new OutputGone('the rendered file is no longer there')
    const stream = createReadStream(path)
    return { body: stream, bytes: size, close: () => stream.destroy() }
  }

  async cancel(operation: Operation): Promise<'cancelled' | 'refused'> {
    await this.#jobs.cancel(operation.providerTaskId)
    return 'cancelled'
  }

  async find(clientToken: string): Promise<Operation | 'absent'> {
    const id = `local-${clientToken}`
    return (await this.#jobs.has(id)) ? { providerTaskId: id } : 'absent'
  }

  operationOf(id: string): Operation | string {
    return operationOfId(id)
  }

  async check(): Promise<CredentialCheck> {
    const missing = await this.#media.unavailable()
    return missing === undefined
      ? { ok: true, detail: 'renders previews on this machine' }
      : { ok: false, detail: missing }
  }

  async stop(): Promise<void> {
    await this.#jobs.stop()
  }
}
