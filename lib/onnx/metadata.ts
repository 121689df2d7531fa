// What a model file says about itself.
export interface ModelMetadata {
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: number;
  readonly docString: string;
  readonly properties: Readonly<Record<string, string>>;
}

export const emptyMetadata: ModelMetadata = Object.freeze({
  producerName: '',
  producerVersion: '',
  domain: '',
  modelVersion: 0,
  docString: '',
  properties: Object.freeze({}),
});
