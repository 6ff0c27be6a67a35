import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase } from './open-database.ts'

/** A thread with a connection of its own that checkpoints when it is told to, and ends when it is told to. */
const database = openDatabase(String(workerData), false)

function checkpoint(): void {
  try {
    database.exec('pragma wal_checkpoint(passive)')
  } catch {
    // A full or a broken disk: those who write are told of it, and the log keeps everything for a later one.
  }
}

parentPort?.on('message', (wish: 'checkpoint' | 'end') => {
  if (wish === 'checkpoint') {
    checkpoint()
    parentPort?.postMessage('done', [])
    return
  }
  database.close()
  parentPort?.close()
})
