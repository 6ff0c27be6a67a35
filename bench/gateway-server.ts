import { createReelay, loadConfig } from 'reelay'

/** The gateway as shipped, on a prepared data directory; its engine is not started, so nothing but reads is measured. */
const startedMs = performance.now()
const reelay = await createReelay(loadConfig(process.env))
const { url } = await reelay.listen()
const readyMs = performance.now() - startedMs
process.stdout.write(`${JSON.stringify({ url, key: reelay.adminKey, readyMs, rssBytes: process.memoryUsage.rss() })}\n`)
process.once('SIGTERM', () => void reelay.stop())
