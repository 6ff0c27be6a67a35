import { createReelay, loadConfig, type Reelay } from 'reelay'
import { silentLog } from '../packages/reelay/src/system/log.ts'
import { ScriptedProvider } from '../packages/reelay/test/engine/scripted-provider.ts'

export const ACCOUNTS: readonly string[] = Array.from({ length: 10 }, (_, index) => `bench_${index}`)
/** Between two looks at the same job: nothing is left undone for lack of work. */
const LOOK_MS = 1_000

const traits: ScriptedProvider['traits'] = {
  ...new ScriptedProvider().traits,
  timing: {
    firstPollMs: LOOK_MS,
    intervalMs: LOOK_MS,
    intervalMaxMs: LOOK_MS,
    missingGraceMs: 60_000,
    deadlineMs: 86_400_000,
  },
  pacing: { perSecond: 1e6, burst: 1e6, inFlightMax: 1e7 },
}

/** A gateway without HTTP whose accounts all answer at once that the job runs: what is left of a look is the engine and its store. */
export async function openInstantEngine(
  environment: Readonly<Record<string, string>>,
): Promise<{ reelay: Reelay; provider: ScriptedProvider }> {
  const provider = new ScriptedProvider()
  provider.traits = traits
  provider.probeScript = [{ kind: 'running', progress: 0 }]
  const config = loadConfig({
    REELAY_SECRET: 'a-secret-of-the-bench-that-is-long-enough',
    REELAY_API_KEY: 'rk_bench_key_00000000000000000000000000000000',
    ...environment,
  })
  const providers = new Map(ACCOUNTS.map((account) => [account, provider] as const))
  return { reelay: await createReelay(config, { providers, log: silentLog }), provider }
}
