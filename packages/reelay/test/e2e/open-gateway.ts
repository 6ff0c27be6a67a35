import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createReelay, type Overrides, type Reelay } from '../../src/compose.ts'
import { loadConfig, type Environment } from '../../src/config.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { silentLog } from '../../src/system/log.ts'

/** A whole gateway in this process: real files, probe and posters; only looks at `cometapi` are hurried. */
export interface OpenGateway {
  readonly url: string
  readonly key: string
  readonly reelay: Reelay
  stop(): Promise<void>
}

const TIMING = {
  firstPollMs: 20,
  intervalMs: 20,
  intervalMaxMs: 50,
  missingGraceMs: 60_000,
  deadlineMs: 3_600_000,
}
const PACING = { perSecond: 2_000, burst: 2_000, inFlightMax: 1_000 }

const hurried = (account: string, provider: Provider): Provider =>
  account === 'local'
    ? provider
    : { ...provider, traits: { ...provider.traits, timing: TIMING, pacing: PACING } }

/** Starts a gateway on a free port, over a data directory of its own that `stop` removes. */
export async function openGateway(
  environment: Environment,
  overrides: Pick<Overrides, 'clock'> = {},
): Promise<OpenGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-e2e-'))
  const config = loadConfig({ REELAY_DATA_DIR: directory, REELAY_PORT: '0', ...environment })
  const reelay = await createReelay(config, { log: silentLog, wrapProvider: hurried, ...overrides })
  const { url } = await reelay.listen()
  await reelay.start()
  return {
    url,
    key: reelay.adminKey,
    reelay,
    stop: async () => {
      await reelay.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
