import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { DOCS_POLICY, docsPage } from './docs-page.ts'
import { VERSION } from '../version.ts'
import { openApiDocument } from './open-api.ts'
import { ROUTES } from './routes.ts'
import { startTestApp } from './test-deps.ts'
import { send } from './test-request.ts'

/** As the document writes a route's path. */
const documented = (path: string): string => path.replace(/:(\w+)(\{.*?\})?/g, '{$1}')

const make = (): ReturnType<typeof openApiDocument> =>
  openApiDocument({ version: '1.2.3', serverUrl: 'http://127.0.0.1:7373' })

test('the document is valid OpenAPI 3.1 and has every route', async () => {
  const document = JSON.parse(JSON.stringify(await make())) as Record<string, unknown>
  const validator = new Validator()
  const result = await validator.validate(structuredClone(document))
  assert.deepEqual(result.errors, undefined)
  assert.equal(result.valid, true)
  assert.equal(validator.version, '3.1')
  const paths = document['paths'] as Record<string, Record<string, unknown>>
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const routes = ROUTES.map(({ method, path }) => `${method} ${documented(path)}`)
  assert.deepEqual(described.toSorted(), routes.toSorted())
})

test('the committed document is the one that the code makes', async () => {
  const root = new URL('../../../../', import.meta.url)
  const document = await openApiDocument({ version: VERSION, serverUrl: 'http://127.0.0.1:7373' })
  const committed = JSON.parse(await readFile(new URL('docs/openapi.json', root), 'utf8')) as unknown
  assert.deepEqual(committed, JSON.parse(JSON.stringify(document)), 'run: node scripts/openapi.ts')
})

test('the page lists every route, has no script, and its policy allows none', async () => {
  const page = docsPage(await make())
  for (const { path } of ROUTES) assert.ok(page.includes(documented(path)), path)
  assert.doesNotMatch(page, /<script/i)
  assert.match(DOCS_POLICY, /default-src 'none'/)
})

test('both are served without a key', async () => {
  const api = startTestApp()
  const json = await send(api, 'GET', '/openapi.json')
  assert.equal(json.body['openapi'], '3.1.0')
  const page = await send(api, 'GET', '/docs')
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
  assert.equal(page.headers.get('content-security-policy'), DOCS_POLICY)
  await api.close()
})
