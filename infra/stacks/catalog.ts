import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'
import { type Deployment, tableNameOf } from '../deployment.ts'

export interface CatalogStackProps extends StackProps {
  deployment: Deployment
}

/** The one table of the control plane. */
export class CatalogStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: CatalogStackProps) {
    super(scope, id, props)
    new Table(this, 'Catalog', {
      tableName: tableNameOf(deployment),
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
  }
}
