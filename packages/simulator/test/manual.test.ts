import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CALLBACK_FAULTS } from '../src/callback-faults.ts'
import { ANSWER_FAULTS, FAULTS } from '../src/faults.ts'
import { BROKEN_KINDS, DISTORTED_KINDS, parseFault, REPLACED_KINDS } from '../src/fault.ts'
import { MARKERS } from '../src/markers.ts'

const MANUAL = new URL('../../../docs/simulator.md', import.meta.url)

/** The names in the first column of the table below a heading. */
async function namesBelow(heading: string): Promise<string[]> {
  const manual = await readFile(MANUAL, 'utf8')
  const section = manual.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const cells = section.split('\n').filter((line) => line.startsWith('| `'))
  return cells.flatMap((line) => [...line.split(' | ')[0]!.matchAll(/`([^`]+)`/gu)].map((match) => match[1]!))
}

test('the manual has every marker, every fault and every callback fault, and no other', async () => {
  assert.deepEqual((await namesBelow('In a prompt')).toSorted(), Object.keys(MARKERS).toSorted())
  assert.deepEqual((await namesBelow('What can go wrong')).toSorted(), [...ANSWER_FAULTS].toSorted())
  assert.deepEqual((await namesBelow('Callbacks')).toSorted(), Object.keys(CALLBACK_FAULTS).toSorted())
})

test('the list of faults has every kind that there is, and each can be read', () => {
  const words = ANSWER_FAULTS.filter((name) => !/^\d+$/u.test(name))
  assert.deepEqual(words.toSorted(), [...BROKEN_KINDS, ...DISTORTED_KINDS, ...REPLACED_KINDS].toSorted())
  for (const name of ANSWER_FAULTS) assert.equal(parseFault(name).name, name)
  for (const { kind, name } of FAULTS) if (kind === 'marker') assert.ok(Object.hasOwn(MARKERS, name), name)
  assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length)
})

test('the test that the manual shows is a test that passes', async () => {
  const [, code = ''] = /^```ts\n(.*?)^```/msu.exec(await readFile(MANUAL, 'utf8')) ?? []
  assert.match(code, /startSimulator/u)
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
    cwd: fileURLToPath(new URL('../', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
    // A test within a test reports to it, and says nothing itself.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  })
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  assert.match(output, /a video is made, and paid for once/u)
  assert.equal(exitCode, 0, output)
})
