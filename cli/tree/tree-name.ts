import { nameUuid } from '../repo/image-name.ts'

/** Namespace of the UUIDs below; random, fixed for ever. */
const NAMESPACE = Buffer.from('bce803a449bb4fb7be5281874cc66066', 'hex')

/** As of an image, in a namespace of its own: an image and a tree of one name are two things. @throws `USAGE` */
export const treeUuid = (name: string): string => nameUuid(NAMESPACE, name, 'a tree of files')

/** The only tree of a point that this command line makes. */
export const TREE = 'files'
