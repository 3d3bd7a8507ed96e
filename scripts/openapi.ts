import { openApiDocument } from '#functions/openapi/document.ts'

// `node scripts/openapi.ts > docs/openapi.json`: a test compares.
process.stdout.write(`${JSON.stringify(openApiDocument(), undefined, 1)}\n`)
