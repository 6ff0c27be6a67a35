import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT_CODE, EXIT_CODE_MEANINGS } from './exit-code.ts'
import { runProgram } from './program.ts'
import { testIo } from './test-io.ts'

/** A fetch whose connection fails with this code of Node's. */
const failing = (code: string) => (): Promise<Response> =>
  Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) }))

test('help names every command and every exit code', async () => {
  const io = testIo()
  assert.equal(await runProgram(['--help'], io), 0)
  const commands =
    'serve simulate create get list watch download cancel delete models providers keys projects doctor export import copy-files backup migrate endpoints deliveries events webhook-secret'.split(
      ' ',
    )
  for (const name of commands) assert.match(io.stdout.text, new RegExp(`^ {2}${name}\\b`, 'm'))
  assert.deepEqual(
    EXIT_CODE_MEANINGS.map(([code]) => code),
    Object.values(EXIT_CODE),
  )
  for (const [code, meaning] of EXIT_CODE_MEANINGS) assert.ok(io.stdout.text.includes(`${code}`), meaning)
  assert.match(io.stdout.text, /^ {2}130 {2}interrupted/m)
  assert.equal(io.stderr.text, '')
})

test('every command explains itself', async () => {
  for (const name of ['serve', 'create', 'download', 'keys', 'projects', 'watch', 'export', 'import']) {
    const io = testIo()
    assert.equal(await runProgram([name, '--help'], io), 0, name)
    assert.match(io.stdout.text, /--json/, name)
  }
})

test('no command at all is misuse, and shows the help', async () => {
  const io = testIo()
  assert.equal(await runProgram([], io), 2)
  assert.match(io.stderr.text, /Usage: reelay/)
})

test('misuse is one line and a hint, or the envelope', async () => {
  const io = testIo()
  assert.equal(await runProgram(['lst'], io), 2)
  assert.equal(io.stderr.text, "error: unknown command 'lst' (Did you mean list?)\nhint: see reelay --help\n")
  const json = testIo()
  assert.equal(await runProgram(['list', '--nope', '--json'], json), 2)
  assert.deepEqual(JSON.parse(json.stderr.text), {
    error: { message: "unknown option '--nope'", type: 'cli_error', param: null, code: 'usage' },
  })
  assert.equal(json.stdout.text, '')
})

test('a gateway that does not run is 3, and the hint says how to start it', async () => {
  const here = { ...testIo(), fetch: failing('ECONNREFUSED') }
  assert.equal(await runProgram(['list'], here), 3)
  assert.equal(
    here.stderr.text,
    'error: No gateway answers at http://127.0.0.1:9\nhint: start it with: reelay serve\n',
  )
  const away = { ...testIo({ url: 'https://video.example.com' }), fetch: failing('ECONNREFUSED') }
  assert.equal(await runProgram(['list'], away), 3)
  assert.match(away.stderr.text, /hint: check that it runs, and --url or REELAY_URL/)
})

test('an address that is none is misuse', async () => {
  for (const url of ['nowhere', 'ftp://127.0.0.1']) {
    const io = testIo({ url })
    assert.equal(await runProgram(['list'], io), 2)
    assert.match(io.stderr.text, /not a URL/)
  }
})

test('a lost answer to a create says how to repeat it safely', async () => {
  const io = { ...testIo(), fetch: failing('ECONNRESET') }
  assert.equal(await runProgram(['create', 'x'], io), 3)
  assert.match(io.stderr.text, /hint: the task may exist: repeat the command with --idempotency-key fixed1/)
})
