import { parseArgs } from 'node:util'
import { DIALECTS, type DialectName } from './dialects/dialects.ts'
import { startUpstream } from './upstream.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    ledger: { type: 'string' },
    dialect: { type: 'string', default: 'comet' },
    scenario: { type: 'string', default: '' },
    key: { type: 'string', multiple: true, default: [] },
    model: { type: 'string', multiple: true, default: [] },
    'forget-on-restart': { type: 'boolean', default: false },
  },
})

function isDialect(name: string): name is DialectName {
  return Object.hasOwn(DIALECTS, name)
}

if (!isDialect(values.dialect)) {
  throw new Error(`Unknown --dialect ${values.dialect}: use one of ${Object.keys(DIALECTS).join(', ')}.`)
}

const upstream = await startUpstream({
  dialect: values.dialect,
  port: Number(values.port),
  scenario: values.scenario,
  keys: values.key,
  models: values.model,
  forgetOnRestart: values['forget-on-restart'],
  ...(values.ledger === undefined ? {} : { ledgerPath: values.ledger }),
})

let isEnding = false
function end(): void {
  if (isEnding) return
  isEnding = true
  void upstream.close().then(() => process.exit(0))
}

process.on('SIGTERM', end)
// The starter holds the other end: when it is gone, however it went, nobody needs this process any more.
process.stdin.on('end', end)
process.stdin.on('error', end)
process.stdin.resume()

process.stdout.write(`${JSON.stringify({ port: upstream.port })}\n`)
