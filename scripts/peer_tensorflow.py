"""The training step of the paper's model written with TensorFlow and Keras, in the way of the authors' program: a subclassed model
that keeps its losses, one tf.function a step, batches from a Python generator. For scripts/bench_peers.py; needs tensorflow."""

import time

import numpy as np
import tensorflow as tf

CELLS, GENES, MEASURED = 3411, 1252, 68
BATCH, LATENT = 200, 3
SPARSITY, MISSING = 0.6, 0.001
LEAST_SCALE = 1e-2


def one_thread():
    """Before anything else of TensorFlow runs."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def random_cells(seed=0):
    """Genes (log expression, mostly zeros) and measurements (z-scores, a few missing) of the paper's shape."""
    rng = np.random.default_rng(seed)
    genes = rng.gamma(2.0, 2.0, size=(CELLS, GENES)).astype(np.float32)
    genes[rng.random(genes.shape) < SPARSITY] = 0
    measured = rng.normal(size=(CELLS, MEASURED)).astype(np.float32)
    measured[rng.random(measured.shape) < MISSING] = np.nan
    return genes, measured


def dense_stack(units, layers=4):
    return [tf.keras.layers.Dense(units, activation="relu") for _ in range(layers)]


class Encoder(tf.keras.layers.Layer):
    """Noise, dropout, hidden layers, latent, batch norm without scale and centre."""

    def __init__(self, units, dropout, noise_sd=None):
        super().__init__()
        self.noise_sd = noise_sd
        self.dropout = tf.keras.layers.Dropout(dropout)
        self.hidden = dense_stack(units)
        self.to_latent = tf.keras.layers.Dense(LATENT, use_bias=False)
        self.norm = tf.keras.layers.BatchNormalization(scale=False, center=False, epsilon=1e-10, momentum=0.05)

    def call(self, x, training):
        if self.noise_sd is not None and training:
            x = x + tf.random.normal(tf.shape(x), stddev=self.noise_sd)
        x = self.dropout(x, training=training)
        for layer in self.hidden:
            x = layer(x)
        return self.norm(self.to_latent(x), training=training)


class Decoder(tf.keras.layers.Layer):
    """Hidden layers, dropout, output."""

    def __init__(self, units, features, activation, dropout=0.0):
        super().__init__()
        self.hidden = dense_stack(units)
        self.dropout = tf.keras.layers.Dropout(dropout)
        self.out = tf.keras.layers.Dense(features, activation=activation)

    def call(self, z, training):
        for layer in self.hidden:
            z = layer(z)
        return self.out(self.dropout(z, training=training))


def least_variance(z):
    """(Least singular value of the centred batch)^2 / (batch - 1); 1e-2 where there is none."""
    values = tf.linalg.svd(z - tf.reduce_mean(z, axis=0), compute_uv=False)
    variance = tf.square(tf.reduce_min(values)) / tf.cast(tf.shape(z)[0] - 1, tf.float32)
    return tf.where(tf.math.is_nan(variance), LEAST_SCALE, variance)


def coupling(z, other):
    distance = tf.reduce_mean(tf.reduce_sum(tf.math.squared_difference(z, other), axis=1))
    return distance / tf.maximum(tf.minimum(least_variance(z), least_variance(other)), LEAST_SCALE)


class CoupledAutoencoder(tf.keras.Model):
    """Both autoencoders, the coupling, and decoders augmented from the other latent."""

    def __init__(self, noise_sd):
        super().__init__()
        self.encoder_t, self.decoder_t = Encoder(50, 0.5), Decoder(50, GENES, "relu")
        self.encoder_e, self.decoder_e = Encoder(40, 0.1, noise_sd), Decoder(40, MEASURED, "linear", 0.1)

    def call(self, inputs, training=True):
        genes, measured = inputs
        there = tf.where(tf.math.is_nan(measured), 0.0, 1.0)
        measured = tf.where(tf.math.is_nan(measured), 0.0, measured)
        zt, ze = self.encoder_t(genes, training=training), self.encoder_e(measured, training=training)
        for z_t, z_e in ((zt, ze), (tf.stop_gradient(ze), tf.stop_gradient(zt))):
            self.add_loss(tf.reduce_mean(tf.math.squared_difference(genes, self.decoder_t(z_t, training=training))))
            self.add_loss(tf.reduce_mean(there * tf.math.squared_difference(measured, self.decoder_e(z_e, training=training))))
        self.add_loss(coupling(zt, ze))
        return zt, ze


class TensorFlowTraining:
    """Steps of one network, timed."""

    def __init__(self, seed=0):
        one_thread()
        self.genes, self.measured = random_cells(seed)
        self.model = CoupledAutoencoder(0.05 * np.nanvar(self.measured, axis=0))
        self.optimizer = tf.keras.optimizers.Adam(learning_rate=1e-3)
        shapes = (tf.TensorSpec((BATCH, GENES), tf.float32), tf.TensorSpec((BATCH, MEASURED), tf.float32))
        self.batches = iter(tf.data.Dataset.from_generator(self.draw, output_signature=shapes))
        self.step = tf.function(self.train_step)
        self.run(20)  # traces and warms up

    def draw(self):
        rng = np.random.default_rng(1)
        while True:
            cells = rng.integers(0, CELLS, BATCH)
            yield self.genes[cells], self.measured[cells]

    def train_step(self, genes, measured):
        with tf.GradientTape() as tape:
            latents = self.model((genes, measured), training=True)
            loss = tf.add_n(self.model.losses)
        weights = self.model.trainable_weights
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss, latents

    def run(self, steps):
        """Seconds that so many steps take."""
        start = time.perf_counter()
        for _ in range(steps):
            loss, _ = self.step(*next(self.batches))
        if not np.isfinite(loss.numpy()):
            raise ValueError("the TensorFlow network turned non-finite: its times would say nothing")
        return time.perf_counter() - start
