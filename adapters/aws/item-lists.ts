import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { ItemLists } from '#core/ports.ts'
import { toStoreError } from './store-error.ts'

/**
 * Lists as JSON arrays of objects in a bucket of their own, where the ItemReader of a distributed Map reads them. That bucket is not the
 * repository's: nothing in it is locked, and its lifecycle removes what is old (infra/constructs/item-lists.ts).
 *
 * Needs s3:PutObject.
 */
export const s3Items = ({
  client,
  bucket,
}: {
  client: Pick<S3Client, 'send'>
  bucket: string
}): ItemLists => ({
  async keep(name, items) {
    const key = `items/${name}.json`
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: JSON.stringify(items),
      ContentType: 'application/json',
    })
    try {
      await client.send(command)
    } catch (error) {
      throw toStoreError(error, `write ${key}`, { address: `s3://${bucket}` })
    }
    return { list: { key } }
  },
})
