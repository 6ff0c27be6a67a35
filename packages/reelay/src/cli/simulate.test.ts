import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from './program.ts'
import { testIo } from './test-io.ts'

test('simulate runs until it is interrupted, and takes the options of the simulator', async () => {
  const io = testIo()
  const started = Promise.withResolvers<void>()
  const interrupt = Promise.withResolvers<() => void>()
  const onInterrupt = (listener: () => void): (() => void) => {
    interrupt.resolve(listener)
    started.resolve()
    return () => {}
  }
  const args = ['simulate', '--dialect', 'fal,comet', '--port', '0', '--key', 'k-1', '--json']
  const ended = runProgram(args, { ...io, onInterrupt })
  await started.promise
  const { simulators } = JSON.parse(io.stdout.text)
  const [fal, comet] = simulators
  assert.deepEqual([fal.dialect, comet.dialect], ['fal', 'comet'])
  assert.deepEqual(comet.environment, { COMETAPI_KEY: 'k-1', COMETAPI_BASE_URL: comet.url })
  const models = (key: string): Promise<Response> =>
    fetch(`${comet.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
  assert.deepEqual([(await models('k-1')).status, (await models('k-2')).status], [200, 401])
  const stop = await interrupt.promise
  stop()
  assert.equal(await ended, 0)
  await assert.rejects(models('k-1'))
})

test('simulate explains itself, and says what it cannot read', async () => {
  const help = testIo()
  assert.equal(await runProgram(['simulate', '--help'], help), 0)
  assert.match(help.stdout.text, /--dialect .*--scenario .*--ledger/su)
  const wrong = testIo()
  assert.equal(await runProgram(['simulate', '--dialect', 'nobody'], wrong), 2)
  assert.match(wrong.stderr.text, /^error: --dialect nobody: use all, or some of .*fal/u)
})
