import { DOCS_POLICY, docsPage } from './docs-page.ts'
import { jsonAnswer, type Exchange, type Handler } from './exchange.ts'
import { openApiDocument, type OpenApiDocument } from './open-api.ts'

/** The document and its page, made at the first request for either. */
export function createDocs(): { document: Handler; page: Handler } {
  let made: Promise<OpenApiDocument> | undefined
  const documentOf = ({ shared }: Exchange): Promise<OpenApiDocument> => {
    const { publicUrl, version } = shared.settings
    made ??= openApiDocument({ version, serverUrl: publicUrl })
    return made
  }
  return {
    document: async (exchange) => jsonAnswer(await documentOf(exchange), { 'cache-control': 'no-cache' }),
    page: async (exchange) =>
      new Response(docsPage(await documentOf(exchange)), {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-cache',
          'content-security-policy': DOCS_POLICY,
        },
      }),
  }
}
