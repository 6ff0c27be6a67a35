/** Writes docs/providers/README.md from the registry. A test fails while the file is behind it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { priceText } from '../packages/reelay/src/cli/price-text.ts'
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

Others come with a [configuration file](../config-file.md): models of [the AI SDK](ai-sdk.md), and providers of your own.

| provider | turned on by | models known | pictures | cancel | calls back | a lost answer | deadline by default |
|---|---|---|---|---|---|---|---|
`

const FOOT = `
- **Models known** have their lengths, sizes and inputs checked at create. Others work as \`provider/model\` where the provider takes them,
  unchecked, with a warning.
- **Pictures** by link are fetched by the provider from this gateway: only where \`REELAY_PUBLIC_URL\` is set and HTTPS. At providers with \`yes\`
  a few models may still want links; their pages say which.
- **Cancel** says whether a running job can be stopped; where not, the video ends here with the warning \`upstream_may_still_bill\`.
- **Calls back** says whether the provider is given an address to call when something happens to a job: only where \`REELAY_PUBLIC_URL\` is set and
  HTTPS. Where it says "if registered", [you register](../callbacks.md) one address for the whole account. A callback is kept and makes the
  gateway look at once; it is never believed.
- **A lost answer** to a submission can be looked up by an id of ours at some providers. At the others the task waits for its deadline and
  ends as \`submit_outcome_unknown\`; it is never sent twice.
`

const PRICES_HEAD = `
## Prices

What some of them charge, as published on the day beside it; the provider's bill decides. \`GET /v1/models\` and \`reelay models\` show the
same. Of models that are not here the gateway knows no price.

| model | price | as published on |
|---|---|---|
`

const HOUR_MS = 3_600_000

const CALLS_BACK = { never: 'no', per_request: 'yes', account: 'if registered', both: 'yes' } as const

function picturesOf(provider: Provider): string {
  const models = provider.models()
  const takesPictures = models.some(({ capabilities }) => Object.keys(capabilities?.inputs ?? {}).length > 0)
  if (!takesPictures && models.length > 0) return 'no'
  return provider.traits.inputs === 'url' ? 'by link' : 'yes'
}

function lineOf(kind: ProviderKind, provider: Provider): string {
  const { traits } = provider
  const models = provider.models()
  const cells = [
    `[\`${kind.name}\`](${kind.name}.md)`,
    kind.enabledBy.length === 0 ? 'always on' : kind.enabledBy.map((name) => `\`${name}\``).join(' or '),
    models.length === 0 ? 'what the server lists' : String(models.length),
    picturesOf(provider),
    traits.cancel === 'supported' ? 'yes' : 'no',
    CALLS_BACK[traits.callbacks ?? 'never'],
    provider.find === undefined ? 'waits' : 'is looked up',
    `${traits.timing.deadlineMs / HOUR_MS} h`,
  ]
  return `| ${cells.join(' | ')} |`
}

const lineBreak = (line: string): string => `${line}\n`

const pricesOf = (kind: ProviderKind, provider: Provider): string[] =>
  provider.models().flatMap(({ id, price }) => {
    const { as_of: asOf, source } = price ?? {}
    if (price === null || asOf === undefined || source === undefined) return []
    const { as_of: _day, ...rates } = price
    return [`| \`${kind.name}/${id}\` | ${priceText(rates)} | [${asOf}](${source}) |`]
  })

/** The page as it should be now. */
export async function providersPage(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'reelay-table-'))
  const clock = systemClock
  const guarded = createGuardedClient({ guard: createGuard({ allow: parseAllowHosts('') }), clock })
  const media = createMediaHost({ workDir: join(dataDir, 'media'), log: silentLog, clock })
  const parts: ProviderParts = { guarded, clock, ids: systemIds, media, log: silentLog, dataDir }
  const lines: string[] = []
  const prices: string[] = []
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
      // An empty folder: a catalog of workflows is each operator's own. So is a bucket, which is never asked.
      const own = {
        COMFYUI_WORKFLOWS: dataDir,
        BEDROCK_OUTPUT_S3_URI: 's3://bucket',
        AWS_REGION: 'us-east-1',
      }
      const provider = await kind.create({ ...given, ...own }, parts)
      lines.push(lineOf(kind, provider))
      prices.push(...pricesOf(kind, provider))
      await provider.stop?.()
    }
  } finally {
    await media.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return [HEAD, ...lines.map(lineBreak), FOOT, PRICES_HEAD, ...prices.map(lineBreak)].join('')
}

if (import.meta.main)
  await writeFile(new URL('../docs/providers/README.md', import.meta.url), await providersPage())
