import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { runSimulatorCommand, type CommandIo } from '../src/cli/run-command.ts'
import { DIALECTS } from '../src/dialects/dialects.ts'
import { freePort } from './free-port.ts'
import { fieldsOf } from './test-client.ts'

interface Run {
  readonly io: CommandIo
  readonly out: string[]
  readonly errors: string[]
  /** Resolves, with what ends it, once the command runs. */
  readonly running: Promise<() => void>
}

function failed(exitCode: number): never {
  throw new Error(`The command ended with ${exitCode}.`)
}

function run(): Run {
  const out: string[] = []
  const errors: string[] = []
  const { promise: running, resolve } = Promise.withResolvers<() => void>()
  const io: CommandIo = {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => errors.push(text) },
    onEnd: (listener) => resolve(listener),
  }
  return { io, out, errors, running }
}

test('all dialects run on ports of their own, and the table says how to reach them', async (context) => {
  const { io, out, running } = run()
  const ended = runSimulatorCommand(['--port', '0'], io)
  const end = await Promise.race([running, ended.then(failed)])
  context.after(end)
  const lines = out.join('').split('\n')
  for (const name of Object.keys(DIALECTS)) {
    const line = lines.find((text) => text.startsWith(`${name} `))
    assert.match(line ?? '', /^\S+ +http:\/\/127\.0\.0\.1:\d+ +[A-Z][A-Z0-9_]+=\S+/u, name)
    const url = /http:\S+/u.exec(line!)![0]
    const status = fieldsOf(await (await fetch(`${url}/__control`)).json())
    assert.equal(status['dialect'], name)
    assert.match(String(fieldsOf(status['secrets'])['hmac']), /^whsec_/u)
  }
  assert.match(lines.at(-2) ?? '', /REELAY_ALLOW_HOSTS=127\.0\.0\.1:\d+/u)
  end()
  assert.equal(await ended, 0)
})

test('ports are consecutive, and a taken one is an error that leaves nothing open', async (context) => {
  const port = await freePort(2)
  const taken = createServer().listen(port, '127.0.0.1')
  await once(taken, 'listening')
  const { io, errors } = run()
  const args = ['--dialect', 'comet,fal', '--port', String(port), '--files-port', '0']
  assert.equal(await runSimulatorCommand(args, io), 1)
  assert.match(errors.join(''), /^error: .*EADDRINUSE/u)
  await taken[Symbol.asyncDispose]()
  const again = run()
  const ended = runSimulatorCommand([...args, '--json'], again.io)
  const end = await Promise.race([again.running, ended.then(failed)])
  context.after(end)
  const { simulators } = JSON.parse(again.out.join(''))
  assert.deepEqual(
    simulators.map(({ url }: { url: string }) => Number(new URL(url).port) - port),
    [0, 1],
  )
  assert.deepEqual(simulators[1].environment, {
    FAL_KEY: 'sim',
    FAL_BASE_URL: simulators[1].url,
    REELAY_ALLOW_HOSTS: new URL(simulators[1].filesUrl).host,
  })
  end()
  assert.equal(await ended, 0)
})

test('help is help, and what cannot be read says what to change', async () => {
  const help = run()
  assert.equal(await runSimulatorCommand(['--help'], help.io), 0)
  for (const name of Object.keys(DIALECTS)) assert.ok(help.out.join('').includes(name))
  for (const [args, message] of [
    [['--dialect', 'nobody'], /use all, or some of/u],
    [['--port', 'x'], /--port x: give a number/u],
    [['--port', '1.5'], /whole number/u],
    [['--speed', '0'], /--speed 0: give a number/u],
    [['--pace', 'slow'], /use timed or polls/u],
    [['--scenario', '[up:nope]'], /Unknown marker/u],
    [['--nope'], /--nope/u],
  ] as const) {
    const { io, errors } = run()
    assert.equal(await runSimulatorCommand(args, io), 2, args.join(' '))
    assert.match(errors.join(''), message)
  }
})

test('the program starts, prints, and ends at SIGTERM', async (context) => {
  const bin = fileURLToPath(new URL('../bin/reelay-simulator.js', import.meta.url))
  const child = spawn(process.execPath, [bin, '--dialect', 'comet', '--port', '0', '--speed', '60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  context.after(() => child.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  assert.match(String(line), /^comet +http:.* COMETAPI_KEY=sim COMETAPI_BASE_URL=http:/u)
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await gone, [0, null])
})
