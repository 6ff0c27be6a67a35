import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { logCallsIn, type LogCall } from './log-calls.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const SOURCES = join(ROOT, 'packages/reelay/src')
const ANY_CALL = /\.(?:warn|error)\(/g

type Found = { path: string; level: LogCall['level']; message: string }

/** Messages that an operator need not look up, each with its reason. */
const IGNORED: ReadonlyMap<string, string> = new Map()

async function logCalls(): Promise<Found[]> {
  const found: Found[] = []
  for await (const path of glob('**/*.ts', { cwd: SOURCES })) {
    if (/\.test\.ts$|(?:^|\/)test-/.test(path)) continue
    const source = await readFile(join(SOURCES, path), 'utf8')
    const calls = logCallsIn(source)
    // A log under another name would be missed without a word.
    assert.equal(calls.length, source.match(ANY_CALL)?.length ?? 0, `${path}: each call must be on a log`)
    for (const { level, messages } of calls)
      found.push(...messages.map((message) => ({ path, level, message })))
  }
  return found
}

const entry = ({ message, level }: Omit<Found, 'path'>): string => `${message} (${level})`

test('docs/operating.md explains every message that warns or is an error, and no other', async () => {
  const page = await readFile(join(ROOT, 'docs/operating.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([^`]+)` \| (warn|error) \| (.+) \| (.+) \|$/gm)]
  const explained = rows.map(([, message = '', level]) =>
    entry({ message, level: level === 'warn' ? 'warn' : 'error' }),
  )
  const calls = (await logCalls()).filter(({ message }) => !IGNORED.has(message))
  assert.ok(calls.length > 20, 'the calls are found in the sources')
  const missing = calls.filter((call) => !explained.includes(entry(call)))
  assert.deepEqual(
    missing.map((call) => `${call.path}: ${entry(call)}`),
    [],
    'messages without a row',
  )
  const known = calls.map(entry)
  assert.deepEqual(
    explained.filter((row) => !known.includes(row)),
    [],
    'rows without a message',
  )
  assert.equal(new Set(explained).size, explained.length, 'a row for each')
})

test('a message is found however its call is written', () => {
  const source = [
    `const SAID =`,
    `  'one ' + 'two'`,
    `log.warn({ a: [1, 2], b: f('x, y)') }, 'plain')`,
    `this.#log.error(`,
    `  {},`,
    `  'it\\'s ' +`,
    `    'long',`,
    `)`,
    `shared.log.warn(SAID)`,
    `  const what = many.length === 0 ? 'none' : 'some'`,
    `  context.log.warn({}, what)`,
  ].join('\n')
  assert.deepEqual(
    logCallsIn(source).map(({ level, messages, line }) => [line, level, ...messages]),
    [
      [3, 'warn', 'plain'],
      [4, 'error', "it's long"],
      [9, 'warn', 'one two'],
      [11, 'warn', 'none', 'some'],
    ],
  )
  assert.throws(() => logCallsIn('log.warn({}, `a ${word}`)'), /line 1: the message of this log call/)
})
