import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** Less is sent as quickly as it is. Bytes. */
const LEAST = 1_024

/** Writes a `.gz` beside each file that a control plane on one machine serves: over a slow line the first load takes a third of the time. CloudFront compresses by itself. */
export const precompressed = (): Plugin => ({
  name: 'precompressed',
  apply: 'build',
  // Not before all is written: Vite itself changes chunks in the hooks before this one.
  writeBundle({ dir = '' }, bundle) {
    for (const fileName of Object.keys(bundle)) {
      const path = join(dir, fileName)
      const content = readFileSync(path)
      if (content.length < LEAST || !/\.(js|css)$/.test(fileName)) continue
      writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
    }
  },
})
