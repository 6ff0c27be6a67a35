/** Writes docs/openapi.json from the routes. A test fails while the file is behind them. */
import { mkdir, writeFile } from 'node:fs/promises'
import { openApiDocument } from '../packages/reelay/src/http/open-api.ts'
import { VERSION } from '../packages/reelay/src/version.ts'

const root = new URL('../', import.meta.url)
const document = await openApiDocument({ version: VERSION, serverUrl: 'http://127.0.0.1:7373' })
await mkdir(new URL('docs/', root), { recursive: true })
await writeFile(new URL('docs/openapi.json', root), `${JSON.stringify(document, null, 2)}\n`)
