import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError } from '../config-error.ts'
import { readConfigFile } from './read-config-file.ts'

const root = await mkdtemp(join(tmpdir(), 'reelay-read-config-'))
after(() => rm(root, { recursive: true, force: true }))

let folders = 0

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  folders += 1
  const folder = join(root, `f${folders}`)
  await mkdir(folder)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

const content = `const aliases: Record<string, string> = { fast: 'local/preview' }\nexport default { aliases }`

test('a file in the folder is found by its name; none is no fault', async () => {
  assert.equal(await readConfigFile({}, await folderOf({ 'other.ts': content })), null)
  for (const name of ['reelay.config.ts', 'reelay.config.mts']) {
    const folder = await folderOf({ [name]: content })
    const found = await readConfigFile({}, folder)
    assert.deepEqual(found, {
      path: join(folder, name),
      name,
      content: { aliases: { fast: 'local/preview' } },
    })
  }
  for (const name of ['reelay.config.js', 'reelay.config.mjs']) {
    const found = await readConfigFile({}, await folderOf({ [name]: 'export default {}' }))
    assert.deepEqual(found?.content, {})
  }
})

test('REELAY_CONFIG names another, from the folder on', async () => {
  const folder = await folderOf({
    'reelay.config.ts': content,
    'other.mjs': 'export default { providers: [] }',
  })
  const found = await readConfigFile({ REELAY_CONFIG: 'other.mjs' }, folder)
  assert.deepEqual(found?.content, { providers: [] })
})

const WRONG: readonly (readonly [
  title: string,
  files: Readonly<Record<string, string>>,
  named: string | undefined,
  words: RegExp,
])[] = [
  [
    'two files',
    { 'reelay.config.ts': '', 'reelay.config.js': '' },
    undefined,
    /keep one, or name it in REELAY_CONFIG/,
  ],
  ['a file that is not there', {}, 'gone.ts', /REELAY_CONFIG names a file that is not there: .*gone\.ts/],
  ['a file of another kind', { 'a.json': '{}' }, 'a.json', /must name a \.ts, \.mts, \.js or \.mjs file/],
  [
    'a package that is not installed',
    { 'reelay.config.mjs': `import 'no-such-package-here'` },
    undefined,
    /reelay\.config\.mjs could not be run: .*no-such-package-here.* Install that package in the folder/,
  ],
  [
    'an enum',
    { 'reelay.config.mts': 'enum A { B }\nexport default {}' },
    undefined,
    /could not be run: [^]*write no enums/,
  ],
  [
    'a syntax error',
    { 'reelay.config.mts': 'export default {{' },
    undefined,
    /reelay\.config\.mts could not be run/,
  ],
  [
    'no default export',
    { 'reelay.config.mjs': 'export const a = 1' },
    undefined,
    /exports no configuration: write/,
  ],
  [
    'a default export of a list',
    { 'reelay.config.mjs': 'export default []' },
    undefined,
    /exports no configuration/,
  ],
]

for (const [title, files, named, words] of WRONG) {
  test(`refused: ${title}`, async () => {
    const environment = named === undefined ? {} : { REELAY_CONFIG: named }
    await assert.rejects(readConfigFile(environment, await folderOf(files)), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, words)
      return true
    })
  })
}
