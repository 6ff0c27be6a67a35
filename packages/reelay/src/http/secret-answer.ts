import { jsonAnswer } from './exchange.ts'

/** An answer that holds a secret: nothing on its way may keep it. */
export const secretAnswer = (body: unknown): Response => jsonAnswer(body, { 'cache-control': 'no-store' })
