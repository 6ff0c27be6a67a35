import { readFile, writeFile } from 'node:fs/promises'
import { createGuard } from '../../src/net/guard.ts'
import { allowNothing } from '../../src/net/allow-hosts.ts'
import { createGuardedClient } from '../../src/net/guarded-fetch.ts'
import { createAiSdk } from '../../src/providers/ai-sdk/index.ts'
import { systemClock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'
import { startRequest } from '../contract/provider-subject.ts'
import { PACKAGES } from './packages.ts'

/**
 * One call of the bridge in a process of its own, which knows of the job only what is on disk: `start`
 * writes the operation, `look` reads it and prints the verdict.
 */
const [verb, name = '', baseUrl = '', path = ''] = process.argv.slice(2)
const bridged = PACKAGES[name]
if (bridged === undefined) throw new Error(`There is no package ${name}.`)

const clock = systemClock
const guarded = createGuardedClient({ guard: createGuard({ allow: allowNothing }), clock })
const provider = await createAiSdk(
  { name: 'bridge', models: { m: { model: ({ fetch }) => bridged.make(baseUrl, fetch) } } },
  { guarded, clock, log: silentLog },
)

if (verb === 'start') {
  const outcome = await provider.start(startRequest('m'))
  if (outcome.kind !== 'accepted') throw new Error(`The start came to ${JSON.stringify(outcome)}`)
  await writeFile(path, JSON.stringify(outcome.operation))
} else {
  const operation = JSON.parse(await readFile(path, 'utf8'))
  const verdict = await provider.probe(operation, new AbortController().signal)
  process.stdout.write(JSON.stringify(verdict))
}
