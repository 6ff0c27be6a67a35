import { createReelay, loadConfig } from 'reelay'

/** The gateway as shipped, on a prepared data directory; its engine is not started, so nothing but reads is measured. */
const reelay = await createReelay(loadConfig(process.env))
const { url } = await reelay.listen()
process.stdout.write(`${JSON.stringify({ url })}\n`)
process.once('SIGTERM', () => void reelay.stop())
