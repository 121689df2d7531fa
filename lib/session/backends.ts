// listSupportedBackends: as in onnxruntime-node. kompakt has one.

export interface SupportedBackend {
  readonly name: string;
  readonly bundled: boolean;
}

/** The backends that session option executionProviders may name here. */
export const listSupportedBackends = (): SupportedBackend[] => [{ name: 'cpu', bundled: true }];
