import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { providersPage } from '../../../../scripts/providers-table.ts'
import { API_ERRORS } from '../../src/http/api-error.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'
import { TASK_ERRORS } from '../../src/task/errors.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const SETTING = /\b(?:REELAY|COMETAPI|OPENAI_VIDEO)_[A-Z_]*[A-Z]\b/g

const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')

const sorted = (values: Iterable<string>): string[] => [...new Set(values)].toSorted()

/** The text below a heading, up to the next one of the same or a higher level. */
function sectionOf(text: string, heading: string): string {
  const lines = text.split('\n')
  const start = lines.indexOf(heading)
  assert.notEqual(start, -1, `no heading "${heading}"`)
  const level = heading.indexOf(' ')
  const isEnd = (line: string): boolean => /^#+ /.test(line) && line.indexOf(' ') <= level
  const length = lines.slice(start + 1).findIndex(isEnd)
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n')
}

const codesIn = (section: string): string[] =>
  [...section.matchAll(/^### `(\w+)`$/gm)].map((match) => match[1]!)

test('docs/errors.md has every task error, and no other', async () => {
  const section = sectionOf(await read('docs/errors.md'), '## Task errors')
  assert.deepEqual(codesIn(section).toSorted(), sorted(Object.keys(TASK_ERRORS)))
  for (const [code, type] of Object.entries(TASK_ERRORS)) {
    assert.match(
      sectionOf(section, `### \`${code}\``),
      new RegExp(`^\\nStatus \`(failed|error)\`, type \`${type}\`\\.`),
      code,
    )
  }
})

test('docs/errors.md has every API error with its status, and no other', async () => {
  const section = sectionOf(await read('docs/errors.md'), '## API errors')
  assert.deepEqual(codesIn(section).toSorted(), sorted(Object.keys(API_ERRORS)))
  for (const [code, status] of Object.entries(API_ERRORS)) {
    assert.match(sectionOf(section, `### \`${code}\``), new RegExp(`^\\nHTTP ${status}\\b`), code)
  }
})

test('docs/settings.md has a row for every setting, and no other', async () => {
  const [page, source] = await Promise.all([read('docs/settings.md'), read('packages/reelay/src/config.ts')])
  const own = [...source.matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)].map((match) => match[1]!)
  const schema = [...own, ...PROVIDER_KINDS.flatMap(({ settings }) => Object.keys(settings))]
  const rows = [...page.matchAll(/^\| `([A-Z][A-Z0-9_]+)` \|/gm)].map((match) => match[1]!)
  assert.ok(schema.length > 10, 'the settings are found in the source')
  assert.deepEqual(rows.toSorted(), sorted(schema))
})

test('docs/providers/README.md is what the registry says (npm run providers-table)', async () => {
  assert.equal(await read('docs/providers/README.md'), await providersPage())
})

test('no page names a setting that nothing reads', async () => {
  const known = new Set<string>()
  for (const path of await sources())
    for (const [name] of (await read(path)).matchAll(SETTING)) known.add(name)
  for (const page of await pages()) {
    const unknown = [...(await read(page)).matchAll(SETTING)]
      .map(([name]) => name)
      .filter((name) => !known.has(name))
    assert.deepEqual(unknown, [], `${page} names settings that are not in the sources`)
  }
})

test('every relative link leads to a file, and its anchor to a heading', async () => {
  const found = await pages()
  assert.ok(found.includes('README.md') && found.length > 10, `pages: ${found.join(', ')}`)
  for (const page of found) {
    for (const link of linksIn(await read(page))) {
      const [path = '', anchor] = link.split('#', 2)
      const target = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), decodeURIComponent(path))
      assert.ok(!relative(ROOT, target).startsWith('..'), `${page}: ${link} leaves the repository`)
      assert.ok(existsSync(target), `${page}: ${link} leads nowhere`)
      if (anchor === undefined) continue
      assert.ok(
        anchorsIn(await readFile(target, 'utf8')).includes(anchor),
        `${page}: ${link} has no such heading`,
      )
    }
  }
})

test('every page that is not in a list of its own is linked from another one', async () => {
  const found = await pages()
  const linked = new Set<string>()
  for (const page of found) {
    for (const link of linksIn(await read(page))) {
      linked.add(relative(ROOT, resolve(ROOT, dirname(page), link.split('#', 1)[0] ?? '')))
    }
  }
  const lost = found.filter((page) => page.startsWith('docs/') && !linked.has(page))
  assert.deepEqual(lost, [], 'pages that no other page links to')
})

const isForeign = (path: string): boolean =>
  path.split('/').some((part) => part === 'node_modules' || part === 'dist')

/** Without going into folders of packages, which are large. */
async function filesIn(patterns: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for await (const path of glob(patterns, { cwd: ROOT, exclude: isForeign })) found.push(path)
  return found.toSorted()
}

const pages = (): Promise<string[]> =>
  filesIn(['*.md', 'docs/**/*.md', 'packages/**/*.md', 'examples/**/*.md'])

const sources = (): Promise<string[]> =>
  filesIn(['packages/*/src/**/*.ts', 'packages/*/bin/*.js', 'examples/*.ts'])

/** Code is left out: brackets in it are no links. */
const prose = (text: string): string => text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, 'code')

function linksIn(text: string): string[] {
  const targets = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!)
  return targets.filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
}

/** As the usual hosts make them from headings. */
const anchorsIn = (text: string): string[] =>
  [...text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )

test('every test that a page names as its proof is there', async () => {
  for (const page of await pages()) {
    for (const [, path = ''] of (await read(page)).matchAll(/`((?:test|src)\/[\w./-]+\.test\.ts)`/g)) {
      assert.ok(existsSync(join(ROOT, 'packages/reelay', path)), `${page} names ${path}`)
    }
  }
})
