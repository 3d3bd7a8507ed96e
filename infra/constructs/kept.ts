import { RemovalPolicy } from 'aws-cdk-lib'
import type { Bucket } from 'aws-cdk-lib/aws-s3'

/**
 * What holds state stays whatever becomes of its stack; but what the very deployment made that is rolled back goes with it (DeletionPolicy RetainExceptOnCreate), since
 * its name would be taken when the deployment is tried again. Tables and user pools, which refuse to be deleted, stay then as well (RETAIN).
 */
export const KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE

/** The policy of a bucket stays with it: without its denials what is left behind could be deleted by anybody with rights of their own. */
export const keepPolicyOf = (bucket: Bucket): void => bucket.policy?.applyRemovalPolicy(KEPT)
