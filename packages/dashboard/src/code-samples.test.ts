import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { curlSample, typescriptSample } from './code-samples.ts'

const ORIGIN = 'http://127.0.0.1:7373'

/** What a shell makes of the command: its arguments, one a line. */
const argumentsOf = (command: string): string[] =>
  execFileSync('sh', ['-c', `curl() { for argument; do printf '%s\\0' "$argument"; done; }\n${command}`], {
    encoding: 'utf8',
    env: { REELAY_API_KEY: 'rk_test' },
  })
    .split('\0')
    .slice(0, -1)

test('a shell reads the command as it is meant, whatever the prompt holds', () => {
  const prompt = `it's "50 %" $HOME \`id\` \\ and\nmore`
  const given = argumentsOf(
    curlSample(ORIGIN, { fields: { model: 'wan', prompt, seed: 7, size: undefined }, files: [] }),
  )
  assert.deepEqual(given.slice(0, -1), [
    `${ORIGIN}/v1/videos`,
    '-H',
    'Authorization: Bearer rk_test',
    '-H',
    'Content-Type: application/json',
    '-d',
  ])
  assert.deepEqual(JSON.parse(given.at(-1)!), { model: 'wan', prompt, seed: 7 })
})

test('files are sent as a form', () => {
  const files = [{ field: 'input_reference', name: "it's.png" }]
  const given = argumentsOf(curlSample(ORIGIN, { fields: { prompt: "a cat's tail" }, files }))
  assert.deepEqual(given.slice(-4), [
    '--form-string',
    "prompt=a cat's tail",
    '-F',
    "input_reference=@it's.png",
  ])
})

test('the program names each field once, with its files in a list', () => {
  const files = ['a.png', 'b.png'].map((name) => ({ field: 'input_reference', name }))
  const text = typescriptSample(ORIGIN, { fields: { prompt: 'a "boat"', seed: 7, size: undefined }, files })
  assert.match(text, /^ {2}prompt: "a \\"boat\\"",$/m)
  assert.match(text, /^ {2}seed: 7,$/m)
  assert.match(
    text,
    /^ {2}input_reference: \[await openAsBlob\("a\.png"\), await openAsBlob\("b\.png"\)\],$/m,
  )
  assert.doesNotMatch(text, /size/)
  assert.doesNotMatch(typescriptSample(ORIGIN, { fields: {}, files: [] }), /openAsBlob/)
})
