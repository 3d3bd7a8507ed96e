import { restoreHere } from '#test/support/file-tree/restore-here.ts'
import { treeOfFolder } from '#test/support/file-tree/tree-of-folder.ts'

/** Restores a copy of one folder into another, and prints what became of it, or the code that ended it: for tests that kill it, or run it as somebody else. */
const [source = '', target = ''] = process.argv.slice(2)
const tree = await treeOfFolder(source)
console.log('begun')
const outcome = await restoreHere(tree, target).catch(({ code, message }) => ({ code, message }))
console.log(JSON.stringify(outcome))
