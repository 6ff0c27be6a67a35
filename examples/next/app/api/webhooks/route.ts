/**
 * Signed webhooks of a Reelay gateway in a Next route handler, as app/api/webhooks/route.ts of an application.
 * Next itself is not installed here; a test calls POST as Next does.
 */
import { createReceiver } from '@reelay/sdk'
import { nextReceiver } from '@reelay/sdk/next'

const receiver = createReceiver({
  secret: process.env['REELAY_WEBHOOK_SECRET'] ?? '',
  onEvent: ({ type, taskId }) => console.log(`${type} ${taskId ?? ''}`),
  onError: (error) => console.error(error.code, error.message),
})

// On a serverless platform: import { after } from 'next/server', pass { after } as the second argument, keep a
// ReceiverStore in your database, and call receiver.resume() from a scheduled route.
export const POST: (request: Request) => Promise<Response> = nextReceiver(receiver)
