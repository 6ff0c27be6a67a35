/** Writes docs/openapi.json from the routes. A test fails while the file is behind them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { openApiDocument } from '../packages/reelay/src/http/open-api.ts'

const root = new URL('../', import.meta.url)
const manifest = JSON.parse(await readFile(new URL('packages/reelay/package.json', root), 'utf8')) as {
  version: string
}
const document = await openApiDocument({ version: manifest.version, serverUrl: 'http://127.0.0.1:7373' })
await mkdir(new URL('docs/', root), { recursive: true })
await writeFile(new URL('docs/openapi.json', root), `${JSON.stringify(document, null, 2)}\n`)
