import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { createReelay, type Reelay } from '../../src/compose.ts'
import { loadConfig, type Environment } from '../../src/config.ts'
import { silentLog } from '../../src/system/log.ts'
import { launchBrowser } from './browser.ts'

const WAIT_MS = 20_000

/** A gateway on a port of its own, and a browser in front of it. */
export type Stage = AsyncDisposable & { reelay: Reelay; url: string; browser: Browser }

export async function openStage(environment: Environment = {}): Promise<Stage> {
  await using opened = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'reelay-dashboard-'))
  opened.defer(() => rm(dataDir, { recursive: true, force: true }))
  const config = loadConfig({ REELAY_DATA_DIR: dataDir, REELAY_PORT: '0', ...environment })
  const reelay = await createReelay(config, { log: silentLog })
  opened.defer(() => reelay.stop())
  const { url } = await reelay.listen()
  await reelay.start()
  const browser = await launchBrowser()
  opened.defer(() => browser.close())
  const held = opened.move()
  return { reelay, url, browser, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** A page of a new visitor. It notes what it complains of: errors in its console, and what its policy refused. */
export type Visit = AsyncDisposable & { page: Page; complaints: string[] }

export async function openPage(browser: Browser): Promise<Visit> {
  const page = await browser.newPage()
  page.setDefaultTimeout(WAIT_MS)
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return { page, complaints, [Symbol.asyncDispose]: () => page.context().close() }
}

export async function signIn(page: Page, url: string, key: string): Promise<void> {
  await page.goto(url)
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

type Finding = { impact: string | null; id: string; nodes: { target: unknown; html: string }[] }

/**
 * Shows the page in that scheme, without motion. The browser says that it has heard of it before the page has, and a colour
 * that changes is on its way for a frame even so, then those below that inherit it: what is drawn and at rest is waited for.
 */
export async function showIn(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.evaluate(`new Promise((resolve) => {
    const wanted = matchMedia('(prefers-color-scheme: ${colorScheme}) and (prefers-reduced-motion: reduce)')
    let framesAtRest = 0
    const look = () => {
      const isAtRest = wanted.matches && document.getAnimations().length === 0
      framesAtRest = isAtRest ? framesAtRest + 1 : 0
      if (framesAtRest === 3) resolve(null)
      else requestAnimationFrame(look)
    }
    look()
  })`)
}

/** What keeps somebody from using the page as it is now. Run as a program: the page's own policy lets none be added. */
export async function barriersIn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const violations = await page.evaluate<Finding[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}
