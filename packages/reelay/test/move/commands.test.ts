import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from '../../src/cli/program.ts'
import { runServe } from '../../src/cli/serve.ts'
import { testIo, type TestIoOptions } from '../../src/cli/test-io.ts'
import { createReelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { silentLog } from '../../src/system/log.ts'

const API_KEY = 'rk_commands_test_key_0000000000000000000000000'

type Ran = { code: number; out: string; err: string; questions: readonly string[] }

class Commands {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  static async open(): Promise<Commands> {
    return new Commands(await mkdtemp(join(tmpdir(), 'reelay-commands-')))
  }

  path(...names: string[]): string {
    return join(this.directory, ...names)
  }

  settings(name: string, more: Record<string, string> = {}): Record<string, string> {
    return { REELAY_DATA_DIR: this.path(name), REELAY_API_KEY: API_KEY, REELAY_PORT: '0', ...more }
  }

  async run(argv: string[], env: Record<string, string>, more: TestIoOptions = {}): Promise<Ran> {
    const io = testIo({ env, ...more })
    const code = await runProgram(argv, io)
    return { code, out: io.stdout.text, err: io.stderr.text, questions: io.questions }
  }

  /** Starts a gateway and ends it: it leaves a database, and its secret. */
  async made(name: string): Promise<Record<string, string>> {
    const settings = this.settings(name)
    const reelay = await createReelay(loadConfig(settings), { log: silentLog })
    await reelay.stop()
    return settings
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }
}

test('export and import, in words for people: what was moved, and what comes next', async () => {
  await using c = await Commands.open()
  const old = await c.made('old')
  const file = c.path('move.ndjson')
  const exported = await c.run(['export', file], old)
  assert.equal(exported.code, 0, exported.err)
  assert.match(exported.out, /move\.ndjson {2}0 tasks \(0 under way\), \d+ rows, \d+ bytes\n/)
  assert.match(exported.err, /closed now: .*reelay export --undo/)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const nobody = await c.run(['import', file], c.settings('new'))
  assert.equal(nobody.code, 2)
  assert.match(nobody.err, /another REELAY_SECRET.*file `secret` of the old data directory/)
  assert.equal(existsSync(c.path('new', 'secret')), false)
  const secret = (await readFile(c.path('old', 'secret'), 'utf8')).trim()
  const imported = await c.run(['import', file], c.settings('new', { REELAY_SECRET: secret }))
  assert.equal(imported.code, 0, imported.err)
  assert.match(imported.out, /^export_\S+ {2}0 tasks \(0 under way\), \d+ rows imported\n$/)
  assert.match(imported.err, /start the gateway/)
})

test('a moved database starts no gateway, and the message says what to do', async () => {
  await using c = await Commands.open()
  const old = await c.made('old')
  await c.run(['export', c.path('out')], old)
  const lines: string[] = []
  const serve = { environment: old, directory: c.directory, stopRequested: Promise.resolve() }
  const code = await runServe({ ...serve, write: (line) => lines.push(line) })
  assert.equal(code, 2)
  assert.match(
    lines.join('\n'),
    /^error: This database was moved on .*REELAY_DATABASE_URL.*reelay export --undo$/,
  )
  assert.match((await c.run(['migrate'], old)).err, /was moved on/)
})

test('a gateway that runs keeps its database, and the hint says to stop it', async () => {
  await using c = await Commands.open()
  const settings = c.settings('old')
  const reelay = await createReelay(loadConfig(settings), { log: silentLog })
  try {
    for (const argv of [['export', c.path('out')], ['import', c.path('out')], ['migrate']]) {
      const { code, err } = await c.run(argv, settings)
      assert.equal(code, 2, argv[0])
      assert.match(err, /in use by another Reelay process.*\nhint: stop the gateway first/, argv[0])
    }
    assert.equal(existsSync(c.path('out')), false)
  } finally {
    await reelay.stop()
  }
})

test('export --undo asks first, where somebody can be asked, and needs --yes elsewhere', async () => {
  await using c = await Commands.open()
  const old = await c.made('old')
  await c.run(['export', c.path('out')], old)
  const silent = await c.run(['export', '--undo'], old)
  assert.equal(silent.code, 2)
  assert.match(silent.err, /--undo needs --yes/)
  const terminal = { columns: 80 }
  const asked = await c.run(['export', '--undo'], old, { terminal, answer: false })
  assert.match(asked.questions.join(), /worked on twice, and paid twice/)
  assert.match(asked.err, /nothing was changed/)
  assert.equal((await c.run(['export', '--undo'], old, { terminal, answer: null })).code, 130)
  const undone = await c.run(['export', '--undo', '--yes'], old)
  assert.match(undone.out, /undone: the gateway can start again/)
  await (await createReelay(loadConfig(old), { log: silentLog })).stop()
  assert.match((await c.run(['export', '--undo', '--yes'], old)).err, /was not moved/)
})

test('misuse of export is told', async () => {
  await using c = await Commands.open()
  const settings = c.settings('none')
  assert.match((await c.run(['export'], settings)).err, /Name the file to write/)
  assert.match((await c.run(['export', 'x', '--undo'], settings)).err, /takes neither a file nor --keep/)
  assert.match((await c.run(['export', c.path('x')], settings)).err, /There is no secret in .*none/)
  await writeFile(c.path('junk'), 'junk\n')
  const junk = await c.run(['import', c.path('junk')], c.settings('new'))
  assert.equal(junk.code, 2)
  assert.match(junk.err, /junk is no export of Reelay/)
  assert.match((await c.run(['import', c.path('gone')], c.settings('new'))).err, /cannot be read: ENOENT/)
})

test('migrate says what it did, and then that there is nothing to do', async () => {
  await using c = await Commands.open()
  const settings = c.settings('fresh')
  const first = await c.run(['migrate'], settings)
  assert.equal(first.code, 0, first.err)
  assert.match(first.out, /^0001-initial {2}applied\n/)
  assert.match(first.out, /0006-moves {2}applied\n/)
  assert.match((await c.run(['migrate'], settings)).out, /^up to date: \d{4}-\S+\n$/)
  const json = await c.run(['migrate', '--json', '--data-dir', c.path('fresh')], { REELAY_API_KEY: API_KEY })
  const { applied, newer, in_place: inPlace } = JSON.parse(json.out) as Record<string, string[]>
  assert.deepEqual([applied, newer, inPlace?.[0]], [[], [], '0001-initial'])
})
