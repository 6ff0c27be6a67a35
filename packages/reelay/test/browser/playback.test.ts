import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createClient } from '@reelay/sdk'
import { createReelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { silentLog } from '../../src/system/log.ts'
import { startApplication } from './application.ts'
import { launchBrowser } from './browser.ts'

/** Read in the page: what the video element knows after it played and sought. */
type Played = { width: number; height: number; duration: number; at: number; error: string | null }

test(
  'a video made by the local model plays and seeks in Chromium, and the API page opens without a complaint',
  { timeout: 120_000 },
  async () => {
    await using held = new AsyncDisposableStack()
    const dataDir = await mkdtemp(join(tmpdir(), 'reelay-browser-'))
    held.defer(() => rm(dataDir, { recursive: true, force: true }))
    const reelay = await createReelay(loadConfig({ REELAY_DATA_DIR: dataDir, REELAY_PORT: '0' }), {
      log: silentLog,
    })
    held.defer(() => reelay.stop())
    const { url } = await reelay.listen()
    await reelay.start()
    const client = createClient({ baseURL: url, apiKey: reelay.adminKey })
    const video = await client.videos.createAndWait({
      prompt: 'a boat at sunset',
      seconds: '2',
      size: '320x180',
    })
    const browser = await launchBrowser()
    held.defer(() => browser.close())
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))

    await page.goto(`${url}/docs`)
    assert.match(await page.innerText('body'), /POST\s+\/v1\/videos/)
    assert.deepEqual(complaints, [])

    const application = await startApplication(`<video src="${video.video_url}"></video>`)
    held.defer(() => application.close())
    await page.goto(application.url)
    const played = await page.evaluate<Played>(`(async () => {
    const video = document.querySelector('video')
    video.muted = true
    const event = (name) => new Promise((resolve) => video.addEventListener(name, resolve, { once: true }))
    if (video.readyState < 1) await event('loadedmetadata')
    await video.play()
    video.pause()
    const sought = event('seeked')
    video.currentTime = 1.5
    await sought
    return { width: video.videoWidth, height: video.videoHeight, duration: video.duration, at: video.currentTime,
      error: video.error === null ? null : video.error.message }
  })()`)
    assert.deepEqual(
      { ...played, duration: Math.round(played.duration) },
      { width: 320, height: 180, duration: 2, at: 1.5, error: null },
    )
  },
)
