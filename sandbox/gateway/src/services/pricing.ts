import { AwsError, type AwsRequest, type AwsService } from '../service.ts';

/** On-Demand prices in us-east-1, USD an hour, Linux, shared tenancy, as of 2026. */
const instances: Readonly<Record<string, readonly [usd: string, vcpu: string, memory: string]>> = {
  't3.medium': ['0.0416', '2', '4 GiB'],
  't3.large': ['0.0832', '2', '8 GiB'],
  't4g.medium': ['0.0336', '2', '4 GiB'],
  't4g.large': ['0.0672', '2', '8 GiB'],
  'm5.large': ['0.0960', '2', '8 GiB'],
  'm5.xlarge': ['0.1920', '4', '16 GiB'],
  'm7g.medium': ['0.0408', '1', '4 GiB'],
  'm7g.large': ['0.0816', '2', '8 GiB'],
  'm7g.xlarge': ['0.1632', '4', '16 GiB'],
  'm7gd.large': ['0.1068', '2', '8 GiB'],
  'm7gd.xlarge': ['0.2135', '4', '16 GiB'],
  'm7i.large': ['0.1008', '2', '8 GiB'],
  'c7g.large': ['0.0725', '2', '4 GiB'],
  'r7g.large': ['0.1071', '2', '16 GiB'],
};

interface Product {
  readonly sku: string;
  readonly service: string;
  readonly family: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly usd: string;
  readonly unit: string;
}

const here = { regionCode: 'us-east-1', location: 'US East (N. Virginia)', locationType: 'AWS Region' };

const products: readonly Product[] = [
  ...Object.entries(instances).map(([instanceType, [usd, vcpu, memory]]): Product => {
    const box = { operatingSystem: 'Linux', tenancy: 'Shared', preInstalledSw: 'NA', capacitystatus: 'Used' };
    const usage = { usagetype: `BoxUsage:${instanceType}`, operation: 'RunInstances', servicecode: 'AmazonEC2' };
    const attributes = { ...here, instanceType, vcpu, memory, ...box, ...usage };
    return { sku: skuOf(instanceType), service: 'AmazonEC2', family: 'Compute Instance', attributes, usd, unit: 'Hrs' };
  }),
  {
    sku: skuOf('eks-cluster'),
    service: 'AmazonEKS',
    family: 'Compute',
    attributes: {
      ...here,
      servicecode: 'AmazonEKS',
      usagetype: 'USE1-AmazonEKS-Hours:perCluster',
      operation: 'CreateOperation',
    },
    usd: '0.10',
    unit: 'Hours',
  },
];

function skuOf(name: string): string {
  return `SBX${Buffer.from(name).toString('hex').toUpperCase().padEnd(13, '0').slice(0, 13)}`;
}

/** The price list, minimal: the common instance types and the EKS cluster hour of us-east-1; elsewhere it has no product. */
export function createPricingService(): AwsService {
  return {
    service: 'pricing',
    operations: new Set(['DescribeServices', 'GetProducts']),
    async handle(request) {
      return request.operation === 'GetProducts' ? getProducts(request) : describeServices(request);
    },
  };
}

function describeServices({ input }: AwsRequest): Record<string, unknown> {
  const asked = input['ServiceCode'];
  const codes = [...new Set(products.map(({ service }) => service))].filter(
    (code) => asked === undefined || code === asked,
  );
  const attributesOf = (code: string): string[] => [
    ...new Set(products.filter(({ service }) => service === code).flatMap(({ attributes }) => Object.keys(attributes))),
  ];
  return {
    FormatVersion: 'aws_v1',
    Services: codes.map((code) => ({ ServiceCode: code, AttributeNames: attributesOf(code) })),
  };
}

function getProducts({ input }: AwsRequest): Record<string, unknown> {
  const filters = (input['Filters'] ?? []) as readonly { Type: string; Field: string; Value: string }[];
  const other = filters.find(({ Type }) => Type !== 'TERM_MATCH');
  if (other !== undefined)
    throw new AwsError('InvalidParameterException', `The filter type ${other.Type} is not supported.`);
  const fits = (product: Product): boolean =>
    product.service === input['ServiceCode'] &&
    filters.every(
      ({ Field, Value }) => (Field === 'productFamily' ? product.family : product.attributes[Field]) === Value,
    );
  return {
    FormatVersion: 'aws_v1',
    PriceList: products.filter(fits).map((product) => JSON.stringify(priceListEntry(product))),
  };
}

function priceListEntry({ sku, service, family, attributes, usd, unit }: Product): Record<string, unknown> {
  const rate = `${sku}.JRTCKXETXF.6YS6EN2CT7`;
  return {
    product: { productFamily: family, attributes, sku },
    serviceCode: service,
    terms: {
      OnDemand: {
        [`${sku}.JRTCKXETXF`]: {
          sku,
          offerTermCode: 'JRTCKXETXF',
          termAttributes: {},
          priceDimensions: {
            [rate]: { rateCode: rate, unit, beginRange: '0', endRange: 'Inf', pricePerUnit: { USD: usd } },
          },
        },
      },
    },
  };
}
