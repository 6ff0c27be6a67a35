import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json } from '../test/fake-fetch.ts'
import { testClient } from '../test/test-client.ts'

const project = { id: 'project_1', object: 'project', name: 'films', created_at: 9 }

test('projects are made and listed', async () => {
  const answers = [json(project), json({ object: 'list', data: [project, {}, 7] })]
  const { client, fetch } = testClient((_sent, index) => answers[index]!)
  assert.deepEqual(await client.projects.create({ name: 'films' }), project)
  assert.deepEqual(await client.projects.list(), [project])
  assert.deepEqual(
    fetch.sent.map(({ method, url }) => `${method} ${url.pathname}`),
    ['POST /v1/projects', 'GET /v1/projects'],
  )
  assert.equal(fetch.sent[0]?.text, '{"name":"films"}')
})

test('one project shows limits and usage, and takes changes; an absent limit is not no limit', async () => {
  const detail = {
    ...project,
    limits: {
      creates_per_minute: 5,
      reads_per_minute: null,
      in_flight: 3,
      per_day: 100,
      retention_seconds: 60,
    },
    own_limits: { creates_per_minute: 5, reads_per_minute: null, retention_seconds: null },
    usage: { in_flight: 1, created_today: 2 },
  }
  const { client, fetch } = testClient(() => json(detail))
  assert.deepEqual(await client.projects.retrieve('project_1'), detail)
  assert.deepEqual(await client.projects.update('project_1', { limits: { per_day: null } }), detail)
  assert.deepEqual(
    fetch.sent.map(({ method, url }) => `${method} ${url.pathname}`),
    ['GET /v1/projects/project_1', 'PATCH /v1/projects/project_1'],
  )
  assert.equal(fetch.sent[1]?.text, '{"limits":{"per_day":null}}')
  await assert.rejects(client.projects.retrieve(''), { code: 'invalid_argument' })
})

test('making a project is not repeated when the answer was lost', async () => {
  const { client, fetch } = testClient(() => json({}, 503))
  await assert.rejects(client.projects.create({ name: 'films' }), { status: 503 })
  assert.equal(fetch.sent.length, 1)
})

test('an answer that holds no project is refused', async () => {
  const { client } = testClient(() => json({}))
  await assert.rejects(client.projects.create({ name: 'films' }), { code: 'unexpected_answer' })
  await assert.rejects(client.projects.list(), { code: 'unexpected_answer' })
})
