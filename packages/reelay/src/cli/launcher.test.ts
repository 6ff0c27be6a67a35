import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { VERSION } from '../version.ts'
import { testGateway, video } from './test-gateway.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/reelay.js', import.meta.url))
const SYSTEM_NODE = '/usr/bin/node'

type Run = { code: number | null; stdout: string; stderr: string }

function start(node: string, argv: readonly string[], env: Record<string, string> = {}) {
  // Without the flags of this test's own process: the launcher has to set what it needs.
  const { NODE_OPTIONS: _flags, NODE_TEST_CONTEXT: _context, ...inherited } = process.env
  const child = spawn(node, [LAUNCHER, ...argv], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const done = async (): Promise<Run> => {
    const closed = once(child, 'close')
    const [stdout, stderr] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()])
    await closed
    return { code: child.exitCode, stdout: stdout.join(''), stderr: stderr.join('') }
  }
  return { child, done: done() }
}

const run = (node: string, argv: readonly string[], env?: Record<string, string>): Promise<Run> =>
  start(node, argv, env).done

test('--version and --help under this Node', async () => {
  assert.deepEqual(await run(process.execPath, ['--version']), {
    code: 0,
    stdout: `${VERSION}\n`,
    stderr: '',
  })
  const help = await run(process.execPath, ['--help'])
  assert.equal(help.code, 0)
  assert.match(help.stdout, /Exit codes:/)
})

test('the exit code of a command comes through', async () => {
  const misuse = await run(process.execPath, ['nothing'])
  assert.equal(misuse.code, 2)
  assert.match(misuse.stderr, /^error: unknown command 'nothing'/)
})

test('an old Node hands over to the one of the node package', async () => {
  const handedOver = await run(process.execPath, ['--version'], { REELAY_LAUNCHER_NODE_MAJOR: '20' })
  assert.deepEqual(handedOver, { code: 0, stdout: `${VERSION}\n`, stderr: '' })
})

test('the Node of the system, whichever it is', { skip: !existsSync(SYSTEM_NODE) }, async () => {
  const answer = await run(SYSTEM_NODE, ['--version'])
  assert.deepEqual(answer, { code: 0, stdout: `${VERSION}\n`, stderr: '' })
})

test('a signal reaches the command, and its exit code comes back', async () => {
  const waiting = Promise.withResolvers<void>()
  await using gateway = await testGateway(() => {
    waiting.resolve()
    return new Promise(() => {})
  })
  const env = { REELAY_URL: gateway.url, REELAY_API_KEY: 'rk_test', REELAY_LAUNCHER_NODE_MAJOR: '20' }
  const { child, done } = start(process.execPath, ['watch', video().id], env)
  await waiting.promise
  child.kill('SIGTERM')
  const ended = await done
  assert.equal(ended.code, 130)
  assert.match(ended.stderr, /the task goes on, watch it with: reelay watch video_1/)
})
