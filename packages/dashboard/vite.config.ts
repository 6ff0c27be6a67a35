import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type UserConfig } from 'vite'

const GATEWAY = process.env['REELAY_URL'] ?? 'http://127.0.0.1:7373'

const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), tailwindcss()],
  resolve: { conditions: ['@reelay/source', 'module', 'browser', 'production', 'import', 'default'] },
  build: {
    outDir: fileURLToPath(new URL('../reelay/dashboard', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    // The gateway's policy lets nothing inline through.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // `npm run dev -w packages/dashboard` shows changes at once, on top of a gateway that runs.
  server: { proxy: { '/v1': GATEWAY, '/session': GATEWAY, '/docs': GATEWAY } },
})

export default config
