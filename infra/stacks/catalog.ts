import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { AttributeType, Billing, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'
import { watchCatalog } from '../constructs/catalog-alarms.ts'
import { type Deployment, tableNameOf } from '../deployment.ts'

export interface CatalogStackProps extends StackProps {
  deployment: Deployment
}

/** The one table of the control plane, with its replica in the second region: each may be lost without the other. */
export class CatalogStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: CatalogStackProps) {
    super(scope, id, props)
    const { standbyRegion } = deployment.context
    const kept = {
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
    }
    new TableV2(this, 'Catalog', {
      tableName: tableNameOf(deployment),
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      // A second region needs it, and only a table of one region may be given it (AWS::DynamoDB::GlobalTable): without it from the first day none could
      // be added later. Nobody reads it, so it costs nothing.
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      ...kept,
      ...(standbyRegion !== undefined && { replicas: [{ region: standbyRegion, ...kept }] }),
      removalPolicy: RemovalPolicy.RETAIN,
    })
    watchCatalog(this, deployment)
  }
}
