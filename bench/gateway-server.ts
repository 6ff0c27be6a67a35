import { createReelay, loadConfig } from 'reelay'

/**
 * The gateway as shipped, on a prepared data directory. Its engine is started only with `start` behind the command, so that
 * else nothing but requests is measured.
 */
const reelay = await createReelay(loadConfig(process.env))
const { url } = await reelay.listen()
if (process.argv.includes('start')) await reelay.start()
process.stdout.write(`${JSON.stringify({ url })}\n`)
process.once('SIGTERM', () => void reelay.stop())
