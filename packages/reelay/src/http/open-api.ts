import { Hono } from 'hono'
import { describeRoute, generateSpecs } from 'hono-openapi'
import { ROUTES } from './routes.ts'

export type OpenApiDocument = Awaited<ReturnType<typeof generateSpecs>>

/**
 * The OpenAPI 3.1 document of every route. It is made from a router of its own, so that serving pays nothing for it.
 */
export async function openApiDocument(options: {
  version: string
  serverUrl: string
}): Promise<OpenApiDocument> {
  const described = new Hono()
  for (const { method, path, doc } of ROUTES) {
    described.on(method, path.replace(/\{.*\}$/, ''), describeRoute(doc), (context) => context.body(null))
  }
  return generateSpecs(described, {
    excludeStaticFile: false,
    documentation: {
      info: {
        title: 'Reelay',
        version: options.version,
        description: 'A gateway for asynchronous video generation.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: options.serverUrl }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
  })
}
