import type { Plugin } from 'vite'

/** The frame of the page brings lists whose entries can be dragged, for a drawer that we do not have: 18 KiB of the first load, for nothing. Whoever makes such a list is told. */
export const noSorting = (): Plugin => ({
  name: 'no-sorting',
  enforce: 'pre',
  transform(_, id) {
    if (!id.endsWith('/internal/components/sortable-area/index.js')) return undefined
    const message =
      'Lists that are sorted by dragging are left out of the console (console/build/no-sorting.ts).'
    return {
      code: `export default () => { throw new Error(${JSON.stringify(message)}) }`,
      map: null,
    }
  },
})
