/** What the document says before its paths. */
export const introduction = (rooms: readonly string[]) => ({
  openapi: '3.1.1',
  info: {
    title: 'XenKeep API',
    version: '1',
    license: { name: 'See the LICENSE of the product', identifier: 'LicenseRef-XenKeep' },
    description: [
      'Backup and disaster recovery for XenServer and XCP-ng virtual machines. docs/api.md is the guide with examples.',
      'Bodies and queries refuse members that they do not know; replies may grow by members, which callers pass over.',
      'Errors are application/problem+json (RFC 9457) with a stable `code`, a sentence, an advice and whether trying again can help.',
      'Lists come in pages: pass `next` of one page as `after` of the next, with the same filters.',
    ].join('\n\n'),
  },
  jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
  servers: [{ url: '/', description: 'The control plane that served this document.' }],
  tags: rooms.map(name => ({ name })),
})
