import { ConfigError } from '../config-error.ts'
import type { CustomProvider } from '../providers/custom-provider.ts'
import {
  OutputGone,
  OutputUnavailable,
  ProbeUnavailable,
  SubmitUnknown,
  type Provider,
} from '../providers/provider.ts'
import type { ProviderKind } from '../providers/registry.ts'
import { isRecord } from '../system/json.ts'

const METHODS = ['models', 'start', 'probe', 'open'] as const

function isProvider(value: unknown): value is Provider {
  return (
    isRecord(value) && isRecord(value['traits']) && METHODS.every((name) => typeof value[name] === 'function')
  )
}

/**
 * An error of the port, thrown by a file that has a copy of this package of its own: its classes are not
 * ours, and a lost answer to a billable request must not pass for a request that was never sent.
 */
function ourError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const pause: unknown = 'pauseAccountMs' in error ? error.pauseAccountMs : undefined
  const raw: unknown = 'rawAnswer' in error ? error.rawAnswer : undefined
  switch (error.name) {
    case 'SubmitUnknown':
      return new SubmitUnknown(error.message, {
        cause: error,
        rawAnswer: typeof raw === 'string' ? raw : undefined,
      })
    case 'ProbeUnavailable':
      return new ProbeUnavailable(error.message, {
        cause: error,
        pauseAccountMs: typeof pause === 'number' ? pause : undefined,
      })
    case 'OutputGone':
      return new OutputGone(error.message, { cause: error })
    case 'OutputUnavailable':
      return new OutputUnavailable(error.message, { cause: error })
    default:
      return error
  }
}

async function withOurErrors<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    throw ourError(error)
  }
}

/** Whatever the object is, an instance of a class for example: its methods keep their `this`. */
function adopted(provider: Provider): Provider {
  const cancel = provider.cancel?.bind(provider)
  const find = provider.find?.bind(provider)
  const operationOf = provider.operationOf?.bind(provider)
  const readCallback = provider.readCallback?.bind(provider)
  const check = provider.check?.bind(provider)
  const stop = provider.stop?.bind(provider)
  return {
    traits: provider.traits,
    models: () => provider.models(),
    start: (start) => withOurErrors(() => provider.start(start)),
    probe: (operation, signal) => withOurErrors(() => provider.probe(operation, signal)),
    open: (output, operation, signal) => withOurErrors(() => provider.open(output, operation, signal)),
    ...(cancel && { cancel: (operation, signal) => withOurErrors(() => cancel(operation, signal)) }),
    ...(find && { find: (token, signal) => withOurErrors(() => find(token, signal)) }),
    ...(operationOf && { operationOf }),
    ...(readCallback && { readCallback }),
    ...(check && { check: (signal) => withOurErrors(() => check(signal)) }),
    ...(stop && { stop }),
  }
}

/**
 * A provider of the configuration file as the registry has them.
 * @param place in the file, for messages
 */
export function customKind({ name, provider }: CustomProvider, place: string): ProviderKind {
  return {
    name,
    settings: {},
    enabledBy: [],
    create: async (_settings, { guarded, clock, ids, log, dataDir }) => {
      const parts = { guarded, clock, ids, log, dataDir }
      let made: unknown
      try {
        made = typeof provider === 'function' ? await provider(parts) : provider
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new ConfigError(`${place} could not be made: ${reason}`, { cause: error })
      }
      if (isProvider(made)) return adopted(made)
      throw new ConfigError(
        `${place} is no provider: it needs traits, and the functions ${METHODS.join(', ')}.`,
      )
    },
  }
}
