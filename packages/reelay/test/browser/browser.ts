import { existsSync } from 'node:fs'
import chromium from '@sparticuz/chromium'
import { chromium as playwright, type Browser } from 'playwright-core'

const SYSTEM_CHROMIUM = '/usr/bin/chromium'
/** One process for everything would share the cookies of all contexts, and does not survive a page that is closed. */
const UNWANTED = new Set(['--disable-web-security', '--single-process', '--no-zygote'])

/** A real Chromium: the one that npm brought, or the system's where that one does not run. */
export async function launchBrowser(): Promise<Browser> {
  const packed = await chromium.executablePath()
  const executablePath = existsSync(packed) ? packed : SYSTEM_CHROMIUM
  return playwright.launch({
    executablePath,
    args: chromium.args.filter((value) => !UNWANTED.has(value)),
    headless: true,
  })
}
