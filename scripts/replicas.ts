import { parseArgs } from 'node:util'
import { brokenPromises, runChaos, type ChaosOptions } from '../packages/reelay/test/replicas/chaos.ts'

const USAGE = `npm run replicas -- [--replicas 2] [--tasks 10000] [--kills 50] [--seed 1] [--lease-ms 30000]

Makes tasks through random processes of several on one PostgreSQL, kills random ones and starts others in their place, until
all tasks have ended. Prints what came of it as JSON, and fails when a promise was broken.
`
const LIMITS = { replicas: 16, tasks: 100_000, kills: 1_000, seed: 2 ** 31, 'lease-ms': 300_000 }
const DEFAULTS = { replicas: '2', tasks: '10000', kills: '50', seed: '1', 'lease-ms': '30000' }

type Name = keyof typeof LIMITS

/** @throws Error with what is wrong, in words for whoever typed it */
function optionsOf(args: readonly string[]): ChaosOptions {
  const text = { type: 'string' } as const
  const options = { replicas: text, tasks: text, kills: text, seed: text, 'lease-ms': text }
  const { values } = parseArgs({ args: [...args], options })
  const of = (name: Name): number => {
    const number = Number(values[name] ?? DEFAULTS[name])
    if (Number.isInteger(number) && number >= 1 && number <= LIMITS[name]) return number
    throw new Error(`--${name} must be a whole number from 1 to ${LIMITS[name]}, not "${values[name]}"`)
  }
  if (of('replicas') < 2) throw new Error('--replicas must be 2 or more: one is left while another is killed')
  return {
    replicas: of('replicas'),
    tasks: of('tasks'),
    kills: of('kills'),
    seed: of('seed'),
    leaseMs: of('lease-ms'),
  }
}

async function main(): Promise<void> {
  const record = await runChaos(optionsOf(process.argv.slice(2)))
  console.log(JSON.stringify(record, null, 2))
  const broken = brokenPromises(record)
  if (broken.length > 0) {
    console.error(`Broken promises: ${broken.join(', ')}.`)
    process.exitCode = 1
  }
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error, `\n\n${USAGE}`)
  process.exitCode = 1
}
