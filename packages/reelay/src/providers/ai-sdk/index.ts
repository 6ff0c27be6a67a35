import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import type { Operation, Output } from '../../task/verdict.ts'
import { openOutput } from '../open-output.ts'
import { OutputUnavailable, ProbeUnavailable } from '../provider.ts'
import type { OpenedOutput, Provider, Traits } from '../provider.ts'
import { bridgedModels, type BridgedModel } from './models.ts'
import { storedOperation } from './operation.ts'
import { checkOptions, type AiSdkOptions } from './options.ts'
import { inlineIndexOf, openInline } from './outputs.ts'
import { startVideo } from './start.ts'
import { look, verdictOf, videosOf } from './status.ts'

const TRAITS: Traits = {
  // Of no provider in particular: the SDK says nothing about either.
  timing: {
    firstPollMs: 10_000,
    intervalMs: 5_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 6 * 3_600_000,
  },
  pacing: { perSecond: 2, burst: 5, inFlightMax: 10 },
  cancel: 'unsupported',
  inputs: 'data_uri',
  providerOptions: [],
  openCatalog: false,
}

export type AiSdkParts = { guarded: GuardedClient; clock: Clock; log: Log }

const traitsOf = ({ timing, pacing, options }: AiSdkOptions): Traits => ({
  ...TRAITS,
  timing: { ...TRAITS.timing, ...timing },
  pacing: { ...TRAITS.pacing, ...pacing },
  providerOptions: options ?? [],
})

/** The model of a stored job. @throws ProbeUnavailable when it is not configured any more. */
function modelOf(operation: Operation, models: ReadonlyMap<string, BridgedModel>): BridgedModel {
  const { model: id } = storedOperation(operation)
  const model = models.get(id)
  if (model !== undefined) return model
  throw new ProbeUnavailable(`The model "${id}" is not in the configuration file any more: put it back.`)
}

/** Headers of the question that a link at the same origin wants as well. */
async function downloadHeaders(
  operation: Operation,
  model: BridgedModel,
  parts: { guarded: GuardedClient; signal: AbortSignal },
): Promise<Readonly<Record<string, string>>> {
  const names = model.answers?.downloadHeaders ?? []
  if (names.length === 0) return {}
  const { exchange } = await look(operation, model, parts)
  const sent = Object.entries(exchange.request?.headers ?? {})
  return Object.fromEntries(sent.filter(([name]) => names.includes(name)))
}

async function open(
  output: Output,
  operation: Operation,
  model: BridgedModel,
  parts: { guarded: GuardedClient; signal: AbortSignal },
): Promise<OpenedOutput> {
  const index = inlineIndexOf(output.ref)
  if (index !== null) {
    const looked = await look(operation, model, parts)
    if (looked.exchange.failure !== null) throw looked.exchange.failure
    const videos = videosOf(looked)
    if (videos !== null) return openInline(videos[index])
    throw new OutputUnavailable('The answer that holds the video could not be read again.')
  }
  // Of a create that was not seen nobody knows the place: then no address is exempt, and none gets
  // credentials.
  const { origin: base } = storedOperation(operation)
  const credentials = base === null ? {} : await downloadHeaders(operation, model, parts)
  return openOutput(parts.guarded, { url: output.ref, base, credentials }, parts.signal)
}

/**
 * Any model of the AI SDK that starts a job in one call and asks for it in another.
 * @throws TypeError that names what is wrong with the options or a model.
 */
export async function createAiSdk(options: AiSdkOptions, parts: AiSdkParts): Promise<Provider> {
  const { guarded, clock } = parts
  const checked = checkOptions(options)
  const models = await bridgedModels(checked)
  const catalog = [...models.values()].map(({ id, capabilities }) => ({ id, capabilities, price: null }))
  return {
    traits: traitsOf(checked),
    models: () => catalog,
    start: async (start) => {
      const model = models.get(start.model)
      if (model !== undefined) return startVideo(start, model, parts)
      const detail = `The model "${start.model}" is not in the configuration file.`
      return { kind: 'rejected', code: 'rejected_by_provider', detail }
    },
    probe: async (operation, signal) => {
      const model = modelOf(operation, models)
      return verdictOf(operation, await look(operation, model, { guarded, signal }), model, clock)
    },
    open: async (output, operation, signal) => {
      try {
        return await open(output, operation, modelOf(operation, models), { guarded, signal })
      } catch (error) {
        if (!(error instanceof ProbeUnavailable)) throw error
        throw new OutputUnavailable(error.message, { cause: error })
      }
    },
  }
}
