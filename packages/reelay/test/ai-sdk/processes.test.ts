import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fixtures from '../../src/providers/ai-sdk/fixtures/answers.json' with { type: 'json' }
import { answer, json, startFaultServer, type Behaviour } from '../contract/fault-server.ts'
import { KEY, PACKAGES } from './packages.ts'

const run = promisify(execFile)
const PROCESS = fileURLToPath(new URL('./bridge-process.ts', import.meta.url))

const directory = await mkdtemp(join(tmpdir(), 'reelay-ai-sdk-'))
after(() => rm(directory, { recursive: true, force: true }))

/** What the second look is answered. */
const DONE: Readonly<Record<string, object>> = {
  xai: fixtures.xai.done,
  minimax: {
    task: {
      ...fixtures.minimax.task.task,
      status: 'succeeded',
      content: { url: 'https://vidgen.example/v.mp4' },
    },
  },
  'black-forest-labs': fixtures['black-forest-labs'].ready,
  gateway: fixtures.gateway.completed,
}

for (const [name, done] of Object.entries(DONE)) {
  test(`${name}: started in one process, asked for in two others`, { timeout: 60_000 }, async (context) => {
    const { created, running, id } = PACKAGES[name]!
    let answers = [created, running, done]
    const behave: Behaviour = (request, response) => {
      const [next = {}, ...others] = answers
      answers = others
      return answer(json(200, next))(request, response)
    }
    const upstream = await startFaultServer(behave)
    context.after(() => upstream.close())
    const path = join(directory, `${name}.json`)
    const call = async (verb: string): Promise<string> =>
      (await run(process.execPath, [PROCESS, verb, name, upstream.baseUrl, path], { timeout: 30_000 })).stdout
    await call('start')
    const onDisk = await readFile(path, 'utf8')
    assert.equal(JSON.parse(onDisk).providerTaskId, id)
    assert.ok(!onDisk.includes(KEY))
    assert.match(JSON.parse(await call('look')).kind, /^(running|waiting)$/)
    const verdict = JSON.parse(await call('look'))
    assert.equal(verdict.kind, 'done')
    assert.match(verdict.outputs[0].ref, /^https:\/\/\S+\/v\.mp4/)
    assert.equal(upstream.seen.length, 3)
  })
}
