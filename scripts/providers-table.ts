/** Writes docs/providers/README.md from the registry. A test fails while the file is behind it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMediaHost } from '../packages/reelay/src/media/media-host.ts'
import { parseAllowHosts } from '../packages/reelay/src/net/allow-hosts.ts'
import { createGuard } from '../packages/reelay/src/net/guard.ts'
import { createGuardedClient } from '../packages/reelay/src/net/guarded-fetch.ts'
import type { Provider } from '../packages/reelay/src/providers/provider.ts'
import {
  PROVIDER_KINDS,
  type ProviderKind,
  type ProviderParts,
} from '../packages/reelay/src/providers/registry.ts'
import { systemClock } from '../packages/reelay/src/system/clock.ts'
import { systemIds } from '../packages/reelay/src/system/ids.ts'
import { silentLog } from '../packages/reelay/src/system/log.ts'

const HEAD = `# Providers

What the gateway can speak to, from the adapters' own data (\`npm run providers-table\` writes this page). A provider is on when its key is
set; [settings](../settings.md) has all of them. Each was verified against loopback servers that answer as the provider documents; none
of them against the real service.

| provider | turned on by | models known | pictures | cancel | calls back | a lost answer | deadline by default |
|---|---|---|---|---|---|---|---|
`

const FOOT = `
- **Models known** have their lengths, sizes and inputs checked at create. Others work as \`provider/model\` where the provider takes them,
  unchecked, with a warning.
- **Cancel** says whether a running job can be stopped; where not, the video ends here with the warning \`upstream_may_still_bill\`.
- **Calls back** says whether the provider is given an address to call when something happens to a job: only where \`REELAY_PUBLIC_URL\` is set and
  HTTPS. A callback is kept and makes the gateway look at once; it is never believed, so a forged one costs a look, and a lost one nothing.
- **A lost answer** to a submission can be looked up by an id of ours at some providers. At the others the task waits for its deadline and
  ends as \`submit_outcome_unknown\`; it is never sent twice.
`

const HOUR_MS = 3_600_000

function lineOf(kind: ProviderKind, provider: Provider): string {
  const { traits } = provider
  const models = provider.models()
  const takesPictures = models.some(({ capabilities }) => Object.keys(capabilities?.inputs ?? {}).length > 0)
  const cells = [
    `[\`${kind.name}\`](${kind.name}.md)`,
    kind.enabledBy.length === 0 ? 'always on' : kind.enabledBy.map((name) => `\`${name}\``).join(' or '),
    models.length === 0 ? 'what the server lists' : String(models.length),
    takesPictures || models.length === 0 ? 'yes' : 'no',
    traits.cancel === 'supported' ? 'yes' : 'no',
    traits.callbacks === undefined ? 'no' : 'yes',
    provider.find === undefined ? 'waits' : 'is looked up',
    `${traits.timing.deadlineMs / HOUR_MS} h`,
  ]
  return `| ${cells.join(' | ')} |`
}

/** The page as it should be now. */
export async function providersPage(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'reelay-table-'))
  const clock = systemClock
  const guarded = createGuardedClient({ guard: createGuard({ allow: parseAllowHosts('') }), clock })
  const media = createMediaHost({ workDir: join(dataDir, 'media'), log: silentLog, clock })
  const parts: ProviderParts = { guarded, clock, ids: systemIds, media, log: silentLog, dataDir }
  const lines: string[] = []
  try {
    for (const kind of PROVIDER_KINDS) {
      // Nothing is sent: an adapter speaks only when it is asked to.
      const settings = Object.entries(kind.settings).map(([name, setting]) => [
        name,
        setting.kind === 'secret' ? 'x' : undefined,
      ])
      const needed = kind.enabledBy
        .filter((name) => kind.settings[name]?.kind === 'url')
        .map((name) => [name, 'http://127.0.0.1:9'])
      const given = Object.fromEntries([...settings, ...needed])
      // An empty folder: a catalog of workflows is each operator's own.
      const provider = await kind.create({ ...given, COMFYUI_WORKFLOWS: dataDir }, parts)
      lines.push(lineOf(kind, provider))
      await provider.stop?.()
    }
  } finally {
    await media.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return HEAD + lines.map((line) => `${line}\n`).join('') + FOOT
}

if (import.meta.main)
  await writeFile(new URL('../docs/providers/README.md', import.meta.url), await providersPage())
