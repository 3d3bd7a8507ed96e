import type { Plugin } from 'vite'

/** Components of Cloudscape that have the most to say, and that no page of ours shows. Whoever takes one into use takes its name out of here. */
const UNUSED = [
  ...['s3-resource-selector', 'code-editor', 'property-filter', 'date-range-picker'],
  ...['tutorial-panel', 'annotation-context', 'collection-preferences', 'tag-editor'],
  ...['file-upload', 'cards', 'calendar-grid', 'prompt-input', 'file-token-group'],
]

/** Cloudscape's own words (labels of its buttons, announcements) come for all of its components in one file: 47 KB, of which a third is never said here. */
export const usedMessages = (): Plugin => ({
  name: 'used-messages',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/i18n/messages/all.en.js')) return undefined
    const messages = JSON.parse(code.replace(/^export default /, '').replace(/;?\s*$/, ''))
    const { en } = messages['cloudscape-design-components']
    for (const component of UNUSED) delete en[component]
    return { code: `export default ${JSON.stringify(messages)}`, map: null }
  },
})
